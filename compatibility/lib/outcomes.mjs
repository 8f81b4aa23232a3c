// What became of each test of a run, and in what runs differ.

/**
 * @typedef {object} Outcome
 * @property {string} file relative to the package; "" where it is not known
 * @property {string} outcome pass, fail, skip or todo
 */
/** By file and name; of tests with the same name in a file, the later ones have a number. @typedef {Map<string, Outcome>} Outcomes */

/** @param {Iterable<{ file: string, name: string, outcome: string }>} tests @returns {Outcomes} */
export function collect(tests) {
  /** @type {Outcomes} */
  const outcomes = new Map();
  for (const { file, name, outcome } of tests) {
    const id = file === "" ? name : `${file}: ${name}`;
    let unique = id;
    for (let n = 2; outcomes.has(unique); n++) unique = `${id} (${n})`;
    outcomes.set(unique, { file, outcome });
  }
  return outcomes;
}

/** Tests of a TAP stream; each assertion counts, under the comment before it. @param {string} text */
export function parseTap(text) {
  let section = "";
  const tests = [];
  for (const line of text.split("\n")) {
    const comment = /^# (.*)/.exec(line);
    if (comment?.[1] !== undefined) section = comment[1];
    const [, not, name = "", directive] =
      /^(not )?ok \d+(?: -)? ?(.*?)(?: ?# (SKIP|TODO)\b.*)?$/i.exec(line) ?? [];
    if (!/^(?:not )?ok \d/.test(line)) continue;
    const outcome = directive?.toLowerCase() ?? (not === undefined ? "pass" : "fail");
    tests.push({ file: "", name: `${section} > ${name}`, outcome });
  }
  return tests;
}

/** @param {Outcomes} outcomes */
export function counts(outcomes) {
  const count = (/** @type {string} */ wanted) =>
    [...outcomes.values()].filter(({ outcome }) => outcome === wanted).length;
  return { pass: count("pass"), fail: count("fail"), skip: count("skip") + count("todo") };
}

/** Names of tests that did not come out alike. @param {Outcomes} one @param {Outcomes} other */
export function differing(one, other) {
  return [...new Set([...one.keys(), ...other.keys()])].filter(
    (id) => one.get(id)?.outcome !== other.get(id)?.outcome,
  );
}

/**
 * A test differs when it never came out with the loader as it did untouched; it is unsteady when it did so once.
 * @param {readonly string[]} ids
 * @param {readonly Outcomes[]} untouched @param {readonly Outcomes[]} loaded
 */
export function judge(ids, untouched, loaded) {
  /** @type {string[]} */
  const differences = [];
  /** @type {string[]} */
  const unsteady = [];
  for (const id of ids) {
    const all = (/** @type {readonly Outcomes[]} */ runs) =>
      runs.map((run) => run.get(id)?.outcome ?? "missing");
    const before = all(untouched);
    const after = all(loaded);
    const text = `${id}: untouched ${before.join(", ")}; with the loader ${after.join(", ")}`;
    (before.some((outcome) => after.includes(outcome)) ? unsteady : differences).push(text);
  }
  return { differences, unsteady };
}
