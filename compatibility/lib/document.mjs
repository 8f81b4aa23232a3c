// docs/compatibility.md
/** @typedef {{ pass: number, fail: number, skip: number, code: number }} Counts */

/**
 * @typedef {object} Result
 * @property {import("../packages.mjs").Package} tested
 * @property {number} functions
 * @property {Counts} untouched
 * @property {Counts} loaded
 * @property {readonly string[]} differences
 * @property {readonly string[]} unsteady
 */

/** @param {readonly Result[]} results @param {readonly string[]} missing packages that were not compared */
export function compatibilityDocument(results, missing) {
  return `# The loader beside the tests of others

Written by \`npm run compatibility\`, on Node ${process.version}, ${process.platform} ${process.arch}.

The loader rewrites async functions and means to change nothing else. Here the own test suites of packages that use
async functions run twice: untouched, and with the loader in every process and thread (\`NODE_OPTIONS\`, as
\`asyncscope run\` does it), which rewrites the package, its tests **and all their dependencies**. Each package is as
it was published, but that its manifest names, of what it needs for its development, only what its tests load. Tests
of types and those that need another runner or a bundler are left out (\`compatibility/packages.mjs\`).

${table(results)}
${missing.length === 0 ? "" : `\nNot compared: ${missing.join(", ")}.\n`}
Numbers of tests: passed, failed, skipped. *Functions*: async functions that were rewritten, each once. A **difference**
is a test that never came out with the loader as it did untouched: what differs in the first run of each kind runs
twice more in both. An *unsteady* one came out alike at least once. What fails untouched must
fail with the loader, too. When all tests came out alike, exit codes are compared as well.
${failing(results)}${list("Differences", results, "differences")}${list("Unsteady tests", results, "unsteady")}`;
}

/** @param {readonly Result[]} results */
export function table(results) {
  const rows = results.map(({ tested, functions, untouched, loaded, differences, unsteady }) =>
    [
      tested.name + (tested.note === undefined ? "" : ` (${tested.note})`),
      tested.version,
      functions.toLocaleString("en"),
      numbers(untouched),
      numbers(loaded),
      differences.length === 0 ? "none" : `**${differences.length}**`,
      unsteady.length === 0 ? "" : String(unsteady.length),
    ].join(" | "),
  );
  return `| package | version | functions | untouched | with the loader | differences | unsteady |
|---|---|---:|---:|---:|---|---|
${rows.map((row) => `| ${row} |`).join("\n")}`;
}

/** @param {Counts} counts */
const numbers = ({ pass, fail, skip }) => `${pass.toLocaleString("en")}, ${fail}, ${skip}`;

/** @param {readonly Result[]} results */
function failing(results) {
  const lines = results.flatMap(({ tested: { name, fails }, untouched: { fail } }) =>
    fail === 0 ? [] : [`- ${name}: ${fails ?? "nobody looked why"}`],
  );
  return lines.length === 0 ? "" : `\n## Tests that fail untouched\n\n${lines.join("\n")}\n`;
}

/** @param {string} title @param {readonly Result[]} results @param {"differences" | "unsteady"} which */
function list(title, results, which) {
  const lines = results.flatMap(({ tested, [which]: texts }) =>
    texts.map((text) => `- ${tested.name}, \`${text.replaceAll("`", "'")}\``),
  );
  return lines.length === 0 ? "" : `\n## ${title}\n\n${lines.join("\n")}\n`;
}
