import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { asyncscope, freePort, Subject } from "../support/cli.js";

describe("asyncscope in a terminal: a program of plain async functions", function () {
  this.timeout(120_000);
  afterEach(() => Subject.endAll());

  const source = readFileSync("test/fixtures/cli/plain-async.mjs", "utf8").split("\n");
  const line = (marker: string): number => source.findIndex((text) => text.includes(`// @${marker}`)) + 1;
  const start = async (): Promise<Subject> =>
    Subject.start("plain-async.mjs", {
      node: [`--inspect-port=${await freePort()}`, "--require", resolve("runtime/dist/register.cjs")],
    });

  it("tree shows each call that was not awaited at once, with what it waits for", async () => {
    const { pid } = await start();
    const { stdout, stderr } = await asyncscope("tree", pid);
    assert.equal(stderr, "");
    assert.match(stdout, /^Tasks: 5 suspended$/m);
    assert.match(stdout, /\(module\) +waiting: Promise\.all: 3 of 3 pending/);
    assert.match(stdout, /[├└]─ ◌ load\(1\) +waiting: never/);
    assert.match(stdout, /[├└]─ ◌ load\(2\) +waiting: never/);
    assert.match(stdout, /worker\("one"\) +waiting: never/);
    assert.match(stdout, /load\("floating"\) +waiting: never/);
    const chain = `at query  .*plain-async\\.mjs:${line("query")}\\n.* at load  .*plain-async\\.mjs:${line("load")}`;
    assert.match(stdout, new RegExp(`load\\(1\\) .*\\n.*${chain}$`, "m"));
    assert.doesNotMatch(stdout, /Nothing was recorded/);
  });

  it("tree --by creation hangs them below who called them", async () => {
    const { pid } = await start();
    const { stdout } = await asyncscope("tree", pid, "--by", "creation");
    assert.match(stdout, /^◌ \(module\)/m);
    for (const name of ['worker\\("one"\\)', 'load\\("floating"\\)', "load\\(1\\)", "load\\(2\\)"])
      assert.match(stdout, new RegExp(`^[├└]─ ◌ ${name}`, "m"));
  });

  it("dump has await chains and creation with the lines that were written", async () => {
    const { pid } = await start();
    const { stdout } = await asyncscope("dump", pid);
    const entry = /^ *- load\(1\) [^]*?(?=\n *- )/m.exec(stdout)?.[0] ?? "";
    assert.match(entry, new RegExp(`query \\(.*plain-async\\.mjs:${line("query")}:3\\)`));
    assert.match(entry, new RegExp(`load \\(.*plain-async\\.mjs:${line("load")}:10\\)`));
    assert.match(entry, new RegExp(`created at main \\(.*plain-async\\.mjs:${line("all")}:3\\)`));
    assert.match(stdout, /at async jobs .*\n +at async worker /);
  });
});
