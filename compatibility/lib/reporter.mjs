// A reporter of node:test: a line of JSON per test.

/**
 * @typedef {{ file: string, name: string, outcome: string }} Line
 * @typedef {{ name: string, nesting: number, file?: string, skip?: unknown, todo?: unknown }} Data
 */

/** @param {AsyncIterable<{ type: string, data: Data }>} source */
export default async function* reporter(source) {
  /** @type {string[]} */
  const path = [];
  for await (const { type, data } of source) {
    if (type === "test:start") {
      path.length = data.nesting;
      path[data.nesting] = data.name;
    } else if (type === "test:pass" || type === "test:fail") {
      const outcome = data.skip !== undefined ? "skip" : data.todo !== undefined ? "todo" : type.slice(5);
      const name = [...path.slice(0, data.nesting), data.name].join(" > ");
      yield `${JSON.stringify({ file: data.file ?? "", name, outcome })}\n`;
    }
  }
}
