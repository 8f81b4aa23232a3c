// A program of 25,000 lines, 25 modules with every kind of function that the loader rewrites.
const MODULES = 25;
const LINES = 1000;

/** @returns {[name: string, text: string][]} */
export function generateProgram() {
  const modules = Array.from(
    { length: MODULES },
    (_, n) => /** @type {[string, string]} */ ([`part-${n}.mjs`, part(n)]),
  );
  const names = modules.map(([name], n) => `import { total as total${n} } from "./${name}";`);
  const sum = modules.map((_, n) => `total${n}()`).join(" + ");
  return [
    ...modules,
    [
      "main.mjs",
      `${names.join("\n")}\n${sum};\nconst { user, system } = process.cpuUsage();\nconsole.log((user + system) / 1000);\n`,
    ],
  ];
}

/** @param {number} module */
function part(module) {
  const lines = [];
  let n = 0;
  for (; lines.length < LINES - 20; n++) lines.push(...piece(`${module}_${n}`));
  while (lines.length < LINES - 3) lines.push("// The end is near.");
  lines.push("export function total() {", `  return ${n};`, "}");
  return `${lines.join("\n")}\n`;
}

/** @param {string} id */
function piece(id) {
  return [
    `export async function load${id}(source, options = {}) {`,
    "  const found = await source.find(options.key);",
    "  try {",
    "    for (const each of found) await source.touch(each, { at: Date.now() });",
    "  } catch (error) {",
    "    throw new Error(`cannot load ${options.key}`, { cause: error });",
    "  }",
    "  return found.map((each) => ({ ...each, key: options.key }));",
    "}",
    `export class Store${id} {`,
    "  items = new Map();",
    "  add(key, value) {",
    "    if (this.items.has(key)) return false;",
    "    this.items.set(key, { value, count: 0 });",
    "    return true;",
    "  }",
    "  count(key) {",
    "    const item = this.items.get(key);",
    "    return item === undefined ? 0 : ++item.count;",
    "  }",
    "  async each(visit) {",
    "    for await (const [key, item] of this.items) await visit(key, item.value);",
    "  }",
    "}",
    `export function parse${id}(text) {`,
    '  const [head, ...rest] = text.split(",");',
    "  return { head: head.trim(), rest: rest.map((each) => Number(each)).filter(Number.isFinite) };",
    "}",
    "",
  ];
}
