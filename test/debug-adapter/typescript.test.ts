import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Session } from "../support/dap-session.js";

let folder = "";

/** Writes a small project and gives the path of its first file. */
function project(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(folder, "p-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return join(root, Object.keys(files)[0]!);
}

describe("TypeScript without any set-up", () => {
  before(() => (folder = mkdtempSync(join(tmpdir(), "asyncscope-test-"))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => Session.closeAll());

  const PROGRAM = `interface User { readonly name: string; age?: number }
function greet<T extends User>(user: T, times: number = 1): string {
  const text: string = ("hello " as string) + user.name; // @here
  return text.repeat(times!);
}
console.log(greet({ name: "Ada" } satisfies User));
`;

  const stops = async (program: string, expected = "hello Ada\n"): Promise<void> => {
    const session = Session.spawn();
    await session.launch(program, { stopAt: ["here"] });
    const top = await session.stopAt("here");
    assert.equal(top.path, program);
    assert.equal(top.name, "greet");
    assert.equal(top.column, 24);
    assert.equal((await session.variables(top.id)).get("times")?.value, "1");
    await session.resume();
    assert.equal(await session.ended(), 0, session.client.output("stderr"));
    assert.equal(session.client.output("stdout"), expected);
  };

  it("runs and stops with exact columns, as CommonJS", () =>
    stops(project({ "main.ts": PROGRAM, "package.json": '{ "type": "commonjs" }' })));

  it("runs and stops, as an ES module", () =>
    stops(project({ "main.ts": PROGRAM, "package.json": '{ "type": "module" }' })));

  it("finds out by the syntax when no package.json says what it is", () =>
    stops(project({ "main.ts": `import { basename } from "node:path"; void basename;\n${PROGRAM}` })));

  it("runs .mts and .cts", async () => {
    await stops(project({ "main.mts": PROGRAM }));
    await stops(project({ "main.cts": PROGRAM }));
  });

  it("finds imported TypeScript by .ts, by .js and without extension", async () => {
    const text = `import { a } from "./a.ts";\nimport { b } from "./b.js";\n${PROGRAM}console.log(a, b);\n`;
    await stops(
      project({
        "main.ts": text,
        "a.ts": "export const a: number = 1;",
        "b.ts": "export const b: number = 2;",
        "package.json": '{ "type": "module" }',
      }),
      "hello Ada\n1 2\n",
    );
    const common = `const { a } = require("./a");\nconst { b } = require("./b.js");\n${PROGRAM}console.log(a, b);\n`;
    await stops(
      project({
        "main.ts": common,
        "a.ts": "exports.a = 1 as number;",
        "b.ts": "exports.b = 2 as number;",
        "package.json": '{ "type": "commonjs" }',
      }),
      "hello Ada\n1 2\n",
    );
  });

  it("runs enums and parameter properties, and maps their lines", async () => {
    const program = project({
      "main.ts": `enum Color { Red, Green }
class Point {
  constructor(readonly x: number, private y: number) {}
  sum(): number {
    return this.x + this.y; // @here
  }
}
console.log(Color[1], new Point(1, 2).sum());
`,
      "package.json": '{ "type": "module" }',
    });
    const session = Session.spawn();
    await session.launch(program, { stopAt: ["here"] });
    const top = await session.stopAt("here");
    assert.deepEqual([top.path, top.name], [program, "sum"]);
    await session.resume();
    assert.equal(await session.ended(), 0);
    assert.equal(session.client.output("stdout"), "Green 3\n");
  });

  it("shows a syntax error with its place", async () => {
    const program = project({ "main.ts": "const a: number = ;\n" });
    const session = Session.spawn();
    await session.launch(program);
    assert.equal(await session.ended(), 1);
    assert.match(session.client.output("stderr"), /main\.ts/);
  });

  it("lends the runtime to a program that has none installed", async () => {
    for (const [name, text] of [
      [
        "main.ts",
        'import { run, sleep, coro } from "asyncscope";\nrun(coro(function* main() { yield* sleep(1); console.log("slept"); })());\n',
      ],
      [
        "main.cjs",
        'const { run, sleep, coro } = require("asyncscope");\nrun(coro(function* main() { yield* sleep(1); console.log("slept"); })());\n',
      ],
      [
        "main.mjs",
        'import { run, sleep, coro } from "asyncscope";\nawait run(coro(function* main() { yield* sleep(1); console.log("slept"); })());\n',
      ],
    ] as const) {
      const session = Session.spawn();
      await session.launch(project({ [name]: text }));
      assert.equal(await session.ended(), 0, session.client.output("stderr"));
      assert.equal(session.client.output("stdout"), "slept\n");
    }
  });

  it("runs TypeScript and the lent runtime in threads too", async () => {
    const program = project({
      "main.ts": `import { run, toThread } from "asyncscope";
const twice = (n: number): number => n * 2; // @here
interface Sum { total: number }
await run(async () => {
  const work = { module: new URL("./work.ts", import.meta.url), export: "sum" };
  const { total } = await toThread<(...n: number[]) => Sum>(work, 1, 2, await toThread(twice, 2));
  console.log("total", total);
});
`,
      "work.ts": `import { Queue } from "asyncscope";
import { add } from "./add.js";
export function sum(...numbers: number[]): { total: number } {
  const queue = new Queue<number>();
  for (const n of numbers) queue.putNowait(n);
  let total: number = 0;
  while (!queue.empty()) total = add(total, queue.getNowait());
  return { total };
}
`,
      "add.ts": "export const add = (a: number, b: number): number => a + b;",
      "package.json": '{ "type": "module" }',
    });
    const session = Session.spawn();
    await session.launch(program, { stopAt: ["here"] });
    await session.stopAt("here");
    await session.resume();
    assert.equal(await session.ended(), 0, session.client.output("stderr"));
    assert.equal(session.client.output("stdout"), "total 7\n");
  });
});
