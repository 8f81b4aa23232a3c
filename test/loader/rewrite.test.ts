import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { compileFunction } from "node:vm";
import { applyEdits, Columns, lineStarts } from "../../runtime/src/loader/edits.js";
import { withoutEmitted } from "../../runtime/src/loader/emitted.js";
import { PointKind } from "../../runtime/src/loader/points.js";
import { rewrite } from "../../runtime/src/loader/rewrite.js";
import type { SourceType } from "../../runtime/src/loader/rewrite.js";

describe("Rewriting a source", function () {
  this.timeout(120_000);

  const rewritten = (source: string, sourceType: SourceType = "module"): string => {
    const made = rewrite(source, sourceType);
    return made === undefined ? source : applyEdits(source, made.edits, 1);
  };

  it("leaves alone what has no suspension point, and what cannot be parsed", () => {
    for (const source of [
      "async function f() { return 1; }",
      "async () => { (async () => 1)(); }",
      "function* g() { yield 1; } // async, await",
      "async function f() { await }",
      "async function f(): Promise<void> { await g(); }",
      "async function __asyncscope() { await 1; }",
    ])
      assert.equal(rewrite(source, "module"), undefined, source);
  });

  it("gives each suspension point its position, code and function", () => {
    const source =
      "class A {\n  async m(id) {\n    const x = await load(id);\n    for await (const y of x) await y;\n  }\n}";
    const { points } = rewrite(source, "module")!;
    assert.deepEqual(
      points.map(({ kind, line, column, text, owner }) => [
        PointKind[kind],
        line + 1,
        column + 1,
        text,
        owner,
      ]),
      [
        ["Function", 2, 10, "A.m", -1],
        ["Call", 3, 15, "load(id)", 0],
        ["ForAwait", 4, 5, "x", 0],
        ["Value", 4, 30, "y", 0],
      ],
    );
  });

  it("starts no statement with a parenthesis, which would go on with the one before", () => {
    assert.doesNotMatch(rewritten("async function f() {\n  g()\n  await h()\n}"), /\n\s*\(/);
  });

  it("does not move what a block would change", () => {
    const source = '"use strict"; async function f() { function a() {} function a() {} await a(); }';
    assert.equal(rewritten(source, "commonjs"), source);
  });

  it("tells the columns of the code from those of the source, and back", () => {
    const source = "async () => {\n  return (await a()) + (await b());\n};";
    const { edits } = rewrite(source, "module")!;
    const columns = Columns.of(source, edits);
    const [, codeLine] = applyEdits(source, edits, 1).split("\n");
    const [, line] = source.split("\n");
    for (const word of ["return", "await a", "a()", "await b", "b()"]) {
      const column = line!.indexOf(word);
      const generated = columns.generated(1, column);
      assert.equal(columns.original(1, generated), column);
      assert.ok(codeLine!.slice(generated).startsWith(word.split(" ")[0]!), word);
    }
  });

  it("gives real code that compiles, has the same lines, and of which the original can be had again", () => {
    let count = 0;
    for (const folder of ["@vscode", "mocha", "playwright-core", "vscode-jsonrpc", "prettier", "esbuild"])
      for (const file of readdirSync(join("node_modules", folder), { recursive: true, encoding: "utf8" })) {
        if (!file.endsWith(".js") || file.endsWith(".min.js") || count > 150) continue;
        const source = readFileSync(join("node_modules", folder, file), "utf8");
        if (source.length > 200_000) continue;
        const made = rewrite(source, "commonjs");
        if (made === undefined) continue;
        count++;
        const code = applyEdits(source, made.edits, 7);
        assert.equal(withoutEmitted(code), source, file);
        assert.equal(lineStarts(code).length, lineStarts(source).length, file);
        compileFunction(code, ["exports", "require", "module"]);
      }
    assert.ok(count > 20, `only ${count} files`);
  });
});
