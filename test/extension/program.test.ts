import assert from "node:assert/strict";
import { whatIsWrong, whyNotDebuggable } from "../../extension/src/debug/program.js";

describe("Which file F5 starts", () => {
  for (const name of ["a.js", "a.mjs", "a.cjs", "a.ts", "a.mts", "a.cts", "A.JS"])
    it(`starts ${name}`, () =>
      assert.equal(whyNotDebuggable({ scheme: "file", path: `/w/${name}` }), undefined));

  const refused: [string, { scheme: string; path: string } | undefined, RegExp][] = [
    ["no editor at all", undefined, /Open the JavaScript or TypeScript file/],
    ["an untitled document", { scheme: "untitled", path: "Untitled-1" }, /has not been saved yet: save it/],
    ["a file of another language", { scheme: "file", path: "/w/a.py" }, /open a \.js, \.mjs/],
    [
      "a file that Node cannot run as it is",
      { scheme: "file", path: "/w/a.tsx" },
      /not a program that Node runs/,
    ],
    ["a declaration file", { scheme: "file", path: "/w/a.d.ts" }, /only declares types/],
    ["a file of a virtual workspace", { scheme: "vscode-vfs", path: "/w/a.ts" }, /not a file on disk/],
  ];
  for (const [what, document, message] of refused)
    it(`says what to do about ${what}`, () => assert.match(whyNotDebuggable(document) ?? "", message));
});

describe("What is wrong in a launch configuration", () => {
  const fine = { request: "launch", program: "/w/a.js" };

  it("nothing, when it names a program", () => {
    assert.equal(whatIsWrong(fine), undefined);
    assert.equal(whatIsWrong({ ...fine, args: ["a"], runtimeArgs: [] }), undefined);
  });

  it("a missing or foreign request is named", () => {
    assert.match(
      whatIsWrong({ program: "/w/a.js" }) ?? "",
      /"request" must be "launch" or "attach", not missing/,
    );
    assert.match(whatIsWrong({ request: "run" }) ?? "", /not "run"/);
  });

  it("a missing program is named", () => {
    for (const program of [undefined, "", "  ", 3])
      assert.match(whatIsWrong({ request: "launch", program }) ?? "", /no "program"/);
  });

  it("a program of another language is refused, unless a loader may run it", () => {
    const of = (program: string, rest: object = {}): string | undefined =>
      whatIsWrong({ request: "launch", program, ...rest });
    for (const program of ["/w/a.py", "/w/page.html", "C:\\w\\notes.md"])
      assert.match(of(program) ?? "", /not a program that Node runs/);
    for (const program of ["/w/a.js", "/w/A.MTS", "/w/app.tsx", "/w/bin/tool", "tool", "/w.d/tool"])
      assert.equal(of(program), undefined, program);
    assert.equal(of("/w/a.coffee", { runtimeArgs: ["--import", "coffee"] }), undefined);
  });

  it("arguments that are no list of strings are named", () => {
    assert.match(whatIsWrong({ ...fine, args: "--x" }) ?? "", /"args" must be a list of strings/);
    assert.match(whatIsWrong({ ...fine, runtimeArgs: [1] }) ?? "", /"runtimeArgs"/);
  });
});

describe("What is wrong in an attach configuration", () => {
  it("nothing, with a port or a URL of this machine", () => {
    assert.equal(whatIsWrong({ request: "attach", port: 9229 }), undefined);
    for (const processId of [4711, "4711"])
      assert.equal(whatIsWrong({ request: "attach", processId }), undefined);
    for (const processId of [0, -1, 1.5, "", "node", {}])
      assert.match(whatIsWrong({ request: "attach", processId }) ?? "", /must be the number of a process/);
    assert.equal(whatIsWrong({ request: "attach", port: 9229, address: "::1" }), undefined);
    for (const host of ["127.0.0.1", "localhost", "[::1]"])
      assert.equal(whatIsWrong({ request: "attach", websocketUrl: `ws://${host}:9229/id` }), undefined);
  });

  it("neither port nor URL", () => {
    assert.match(whatIsWrong({ request: "attach" }) ?? "", /neither "processId" nor "port".*PickProcess/);
  });

  it("a port that is none", () => {
    for (const port of [0, 70_000, 1.5, "9229"])
      assert.match(whatIsWrong({ request: "attach", port }) ?? "", /between 1 and 65535/);
  });

  it("another machine, since whoever reaches an inspector can run code", () => {
    assert.match(
      whatIsWrong({ request: "attach", port: 1, address: "10.0.0.1" }) ?? "",
      /on this machine only/,
    );
    for (const websocketUrl of ["ws://example.org/x", "ws://127.0.0.1.evil.example/x", "nonsense", 5])
      assert.match(whatIsWrong({ request: "attach", websocketUrl }) ?? "", /on this machine only/);
  });
});
