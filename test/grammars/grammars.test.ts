import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { SAMPLE_TEXT } from "../dump/sample.js";
import { registry, rendered, snapshot, tokens, type Token } from "./tokens.js";

const FIXTURE = resolve("test/fixtures/grammars/suspension-points.ts.txt");
/** The extensions of the editor that the tests use, when it is there. */
const EDITOR = editorExtensions();

function editorExtensions(): string {
  const folder = resolve(".vscode-test");
  const editors = existsSync(folder)
    ? readdirSync(folder).filter((name) => name.startsWith("code-server"))
    : [];
  return resolve(folder, editors.at(-1) ?? "none", "lib/vscode/extensions");
}

const marked = (list: readonly Token[]): string[] =>
  list
    .filter(({ scopes }) => scopes.some((scope) => scope.endsWith(".asyncscope")))
    .map(({ line, text }) => `${line + 1} ${text}`);

describe("the colours of a task dump", () => {
  it("are these", async () => {
    const list = await tokens(registry(), "source.taskdump", SAMPLE_TEXT);
    assert.equal(rendered(SAMPLE_TEXT, list), snapshot("taskdump", rendered(SAMPLE_TEXT, list)));
  });

  it("leave no line of a dump without a colour", async () => {
    const list = await tokens(registry(), "source.taskdump", SAMPLE_TEXT);
    const plain = SAMPLE_TEXT.split("\n").filter(
      (text, line) => text !== "" && !list.some((token) => token.line === line && token.scopes.length > 0),
    );
    assert.deepEqual(plain, []);
  });
});

describe("suspension points and task creation in a program", () => {
  const text = readFileSync(FIXTURE, "utf8");

  it("are marked, and what only looks like them is not", async () => {
    const host = { "source.ts": resolve("test/fixtures/grammars/host.tmLanguage.json") };
    const list = await tokens(registry(host), "source.ts", text);
    assert.equal(rendered(text, list), snapshot("suspension-points", rendered(text, list)));
    assert.deepEqual(marked(list), MARKED);
  });

  for (const [scope, file] of [
    ["source.ts", "typescript-basics/syntaxes/TypeScript.tmLanguage.json"],
    ["source.js", "javascript/syntaxes/JavaScript.tmLanguage.json"],
  ] as const)
    it(`are marked in the editor's own grammar of ${scope}`, async function () {
      if (!existsSync(resolve(EDITOR, file))) this.skip();
      const list = await tokens(registry({ [scope]: resolve(EDITOR, file) }), scope, text);
      assert.deepEqual(marked(list), MARKED);
    });
});

const MARKED = [
  "2 yield",
  "2 *",
  "3 yield",
  "3 *",
  "4 yield",
  "4 *",
  "8 await",
  "9 await",
  "9 await",
  "10 await",
  "12 await",
  "14 createTask",
  "15 createTask",
  "16 createTask",
];
