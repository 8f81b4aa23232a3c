import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import { markerLine, Session } from "../support/dap-session.js";

const SOURCE = `// A line that the generated file does not have.
type Pair = { a: number; b: number };

export function add(pair: Pair): number {
  const { a, b } = pair;
  return a + b; // @here
}
const first: number = 1; // @first
console.log(add({ a: first, b: 2 }));
`;

describe("source maps", () => {
  let root = "";
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "asyncscope-test-"));
    for (const name of ["src", "dist"]) mkdirSync(join(root, name));
  });
  afterEach(async () => {
    await Session.closeAll();
    rmSync(root, { recursive: true, force: true });
  });

  /** Compiles src/main.ts to dist/main.js; `map` may damage what it is given. */
  function compile(
    kind: "inline" | "external",
    map: (text: string) => string = (text) => text,
  ): { source: string; program: string } {
    const source = join(root, "src", "main.ts");
    const program = join(root, "dist", "main.js");
    writeFileSync(source, SOURCE);
    const result = transformSync(SOURCE, {
      loader: "ts",
      format: "cjs",
      minifyWhitespace: true,
      sourcemap: true,
      sourcefile: "../src/main.ts",
      sourcesContent: false,
    });
    const text = map(result.map);
    const url =
      kind === "inline"
        ? `data:application/json;base64,${Buffer.from(text).toString("base64")}`
        : "main.js.map";
    writeFileSync(program, `${result.code}\n//# sourceMappingURL=${url}\n`);
    if (kind === "external") writeFileSync(`${program}.map`, text);
    return { source, program };
  }

  for (const kind of ["inline", "external"] as const)
    it(`stop at lines of the source before its first statement runs (${kind} map)`, async () => {
      const { source, program } = compile(kind);
      const session = Session.spawn();
      await session.launch(program, { stopAt: ["first", "here"], breakpointFile: source });
      const top = await session.stopAt("first", source);
      assert.equal(top.path, source);
      const verified = await session.client.event("breakpoint", ({ breakpoint }) => breakpoint.verified);
      assert.equal(verified.breakpoint.line, markerLine(source, "first"));
      await session.resume();
      const inside = await session.stopAt("here", source);
      assert.equal(inside.name, "add");
      assert.deepEqual(await session.stack().then((stack) => stack.slice(0, 2)), [
        `add main.ts:${markerLine(source, "here")}`,
        `(anonymous) main.ts:${markerLine(source, "first") + 1}`,
      ]);
      await session.resume();
      assert.equal(await session.ended(), 0);
      assert.equal(session.client.output("stdout"), "3\n");
    });

  for (const [what, damage] of [
    ["is not JSON", () => "<html>"],
    ["is of another version", () => '{"version":2}'],
    ["has nonsense for mappings", (text: string) => text.replace(/"mappings":"[^"]*"/, '"mappings":";;!!%"')],
    ["is empty", () => ""],
    ["is an array", () => "[]"],
  ] as const)
    it(`that ${what} are reported, and the generated code is shown`, async () => {
      const { program } = compile("external", damage);
      const session = Session.spawn();
      await session.launch(program, { breakpoints: [{ line: 1 }] });
      await session.stopped();
      // Mappings that can be decoded to anything are believed; all else is reported.
      if (what !== "has nonsense for mappings") {
        assert.equal((await session.frames())[0]!.path, program);
        assert.match(
          session.client.output("console"),
          /main\.js: .*\. The generated code is shown instead\./,
        );
      }
      await session.resume();
      assert.equal(await session.ended(), 0);
    });

  it("that are missing, or lead out of everything, do no harm", async () => {
    const { program } = compile("external");
    rmSync(`${program}.map`);
    const session = Session.spawn();
    await session.launch(program, { breakpoints: [{ line: 1 }] });
    await session.stopped();
    assert.match(session.client.output("console"), /main\.js: .*ENOENT/);
    await session.resume();
    assert.equal(await session.ended(), 0);

    const far = compile("external", (text) =>
      text.replace("../src/main.ts", "../".repeat(40) + "etc/passwd"),
    );
    const other = Session.spawn();
    await other.launch(far.program, { breakpoints: [{ line: 1 }] });
    await other.stopped();
    await other.resume();
    assert.equal(await other.ended(), 0);
  });

  it("with the sources inside show them when there is no file", async () => {
    const { source, program } = compile("external", (text) =>
      JSON.stringify({ ...JSON.parse(text), sourcesContent: [SOURCE] }),
    );
    const session = Session.spawn();
    await session.launch(program, { stopAt: ["here"], breakpointFile: source });
    rmSync(source);
    await session.stopped();
    const { stackFrames } = await session.request("stackTrace", { threadId: 1 });
    const { sourceReference } = stackFrames[0].source;
    assert.ok(sourceReference > 0);
    const { content } = await session.request("source", { sourceReference, source: stackFrames[0].source });
    assert.equal(content, SOURCE);
  });

  it("can be switched off", async () => {
    const { source, program } = compile("external");
    const session = Session.spawn();
    await session.launch(program, {
      stopAt: ["here"],
      breakpointFile: source,
      config: { sourceMaps: false },
    });
    assert.equal(await session.ended(), 0);
  });
});
