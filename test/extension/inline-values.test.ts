import assert from "node:assert/strict";
import { mentions } from "../../extension/src/hints/inline-values.js";

/** `line:name` of each mention; the frame stands at the line marked with ←. */
function found(names: string[], text: string): string[] {
  const lines = text.split("\n");
  const line = lines.findIndex((each) => each.includes("←"));
  return mentions(lines, line, new Set(names)).map((each) => {
    assert.equal(lines[each.line]!.slice(each.start, each.end), each.name);
    return `${each.line}:${each.name}`;
  });
}

describe("Inline values", () => {
  it("stand where variables of the frame are mentioned, from the head of the function to where it stands", () => {
    const text = `const total = 1;
const audit = coro(function* audit(account) {
  const total = 42;
  if (total > account.total) {
    yield* closing.wait(total); // ←
  }
  console.log(total);
});`;
    assert.deepEqual(found(["total", "account"], text), [
      "1:account",
      "2:total",
      "3:total",
      "3:account",
      "4:total",
    ]);
  });

  it("are none in strings, comments and names of members", () => {
    const text = `async function load(url) {
  log("url", 'url', \`url\`); // url
  other.url = { ...url };
  await fetch(url); // ←
}`;
    assert.deepEqual(found(["url"], text), ["0:url", "2:url", "3:url"]);
  });

  it("begin at the innermost function: methods, arrows, callbacks", () => {
    const text = `class Store {
  async get(key: string): Promise<void> {
    const key2 = key;
    await this.all.map(async (item) => {
      for (const key of item.keys) {
        await use(key, item); // ←
      }
    });
  }
}`;
    assert.deepEqual(found(["key", "item"], text), ["3:item", "4:key", "4:item", "5:key", "5:item"]);
  });
});
