import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawnSync } from "node:child_process";
import { transformSync } from "esbuild";
import { asyncscope } from "../support/cli.js";
import type { CliEnd } from "../support/cli.js";

describe("asyncscope run: what is said when the program has ended", function () {
  this.timeout(60_000);
  let folder = "";
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "asyncscope-run-test-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const file = (source: string, name = "main.mjs"): string => {
    const path = join(folder, name);
    writeFileSync(path, source);
    return path;
  };
  const run = (source: string, name?: string): Promise<CliEnd> => asyncscope("run", file(source, name));
  /** What is ours in what is said: behind what Node says. */
  const said = ({ stderr }: CliEnd): string[] => {
    const start = stderr.indexOf("asyncscope: ");
    return start < 0
      ? []
      : stderr
          .slice(start)
          .replace(/\d+(?:\.\d+)? m?s\b/g, "N ms")
          .trimEnd()
          .split("\n");
  };

  it("calls that nothing could wake any more, with function and line", async () => {
    const end = await run(`const load = async (id) => {
  await new Promise(() => {});
};
const both = async () => {
  await Promise.all([load(1), load(2)]);
};
both();
`);
    assert.equal(end.code, 0);
    assert.deepEqual(said(end), [
      "asyncscope: 3 tasks were still pending when the program ended:",
      "  Task load(1): waiting: new Promise(() => {}), N ms, at main.mjs:2",
      "  Task load(2): waiting: new Promise(() => {}), N ms, at main.mjs:2",
      "  Task both: waiting: Promise.all: 2 of 2 pending, N ms, at main.mjs:5",
      "Nothing can wake 2 tasks: task load(1) waits at main.mjs:2 for new Promise(() => {}), and so does task load(2) at main.mjs:2, and nothing was left that keeps the program alive: no timer, no I/O. So it ended. Task both waits for those tasks.",
    ]);
  });

  it("a top level that never ends: exit code 13", async () => {
    const end = await run(`const never = new Promise(() => {});
async function connect() {
  await never;
}
await connect();
`);
    assert.equal(end.code, 13);
    assert.match(
      said(end).at(-1)!,
      /^Nothing can wake task \(module\): it waits at main\.mjs:3 for never, and nothing was left/,
    );
  });

  it("a CommonJS program that ends too early", async () => {
    const end = await run(
      `const { once, EventEmitter } = require("node:events");
const feed = new EventEmitter();
async function first() {
  feed.emit("ready");
  await once(feed, "ready");
}
first();
`,
      "main.cjs",
    );
    assert.equal(end.code, 0);
    assert.match(said(end).at(-1)!, /^Nothing can wake task first: it waits at main\.cjs:5 for once\(feed, /);
  });

  it("a call whose promise nobody keeps, and that process.exit cuts off, with the line that drops it", async () => {
    const end = await run(`import { setTimeout as sleep } from "node:timers/promises";
async function write(name) {
  await sleep(60_000);
}
async function update() {
  await null;
  write("index");
}
await update();
process.exit(3);
`);
    assert.equal(end.code, 3);
    assert.deepEqual(said(end), [
      'asyncscope: Task write("index") was cut off by the end of the program: it was called at main.mjs:7, where nobody awaits its promise, and waited at main.mjs:3 for timer.',
    ]);
  });

  it("a call whose error nobody handles, with the line that drops it; the rest is as without us", async () => {
    const path = file(`async function save(id) {
  await null;
  throw new TypeError("no row " + id);
}
async function main() {
  await null;
  save(7);
  await new Promise((resolve) => setTimeout(resolve, 60_000));
}
await main();
`);
    const end = await asyncscope("run", path);
    assert.equal(end.code, 1);
    assert.deepEqual(said(end), [
      "asyncscope: save failed with TypeError: no row 7, which nobody handled: it was called at main.mjs:7, and nobody awaits its promise.",
    ]);
    const alone = spawnSync(process.execPath, [path], { encoding: "utf8" });
    assert.equal(alone.status, 1);
    const stack = (text: string): string =>
      text.slice(text.indexOf("TypeError: "), text.indexOf("\n\nNode.js"));
    assert.match(stack(alone.stderr), /no row 7/);
    assert.equal(stack(end.stderr), stack(alone.stderr));
  });

  it("positions in the source that a file was made of", async () => {
    const { code } = transformSync(
      `interface Never {}

async function load(id: number): Promise<Never> {
  return await new Promise<Never>(() => {});
}
load(1);
`,
      { loader: "ts", sourcefile: "main.ts", sourcemap: "inline" },
    );
    assert.match(said(await run(code)).at(-1)!, /load\(1\): it waits at main\.ts:4 for/);
  });

  const silent: Readonly<Record<string, string>> = {
    "a program that does all it has to do": `const rest = () => new Promise((resolve) => setTimeout(resolve, 5));
const work = async () => { await rest(); };
await work(); await Promise.all([work(), work()]);`,
    "a call that nobody awaits and that ends": `const rest = () => new Promise((resolve) => setTimeout(resolve, 5));
const work = async () => { await rest(); };
work();`,
    "a server that is told to stop while it waits": `import { createServer } from "node:http";
import { once } from "node:events";
const server = createServer(async (request, response) => { await null; response.end("x"); });
server.listen(0, "127.0.0.1");
await once(server, "listening");
const serve = async () => { await once(server, "close"); };
const served = serve();
const answer = await fetch("http://127.0.0.1:" + server.address().port);
await answer.text();
setTimeout(() => process.exit(0), 10);
await served;`,
    "calls that process.exit ends, and that somebody awaits": `const rest = () => new Promise((resolve) => setTimeout(resolve, 60_000));
const work = async () => { await rest(); };
const working = work();
setTimeout(() => process.exit(0), 10);
await Promise.all([working, work()]);`,
    "what lost a race, and what was left when its caller ended": `import { once, EventEmitter } from "node:events";
const rest = () => new Promise((resolve) => setTimeout(resolve, 5));
const aborted = async () => { await once(new EventEmitter(), "abort"); };
const work = async () => { await rest(); };
async function main() {
  for (let i = 0; i < 3; i++) await Promise.race([work(), aborted()]);
  const consumer = aborted();
  await work();
  return [consumer];
}
await main();`,
    "what a program handles itself": `process.on("unhandledRejection", () => {});
const fails = async () => { await null; throw new Error("no"); };
fails();
fails().catch(() => {});`,
    "a program whose last listener finds more to do": `let more = 3;
const work = async () => { await new Promise((resolve) => setTimeout(resolve, 1)); };
process.on("beforeExit", () => { if (more-- > 0) work(); else process.exit(0); });`,
    "a child process, which reports to nobody": `import { spawnSync } from "node:child_process";
const never = "(async () => { await new Promise(() => {}); })();";
const child = spawnSync(process.execPath, ["-e", never], { stdio: "inherit" });
process.exitCode = child.status;`,
  };
  for (const [what, source] of Object.entries(silent))
    it(`nothing of ${what}`, async () => {
      const end = await run(source);
      assert.deepEqual([end.code, end.stderr], [0, ""]);
    });
});
