import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseDump } from "../../debug-adapter/src/dump/parse.js";

const FOLDER = resolve("test/fixtures/test-runs");
const MOCHA = resolve("node_modules/mocha/bin/mocha.js");
const source = readFileSync(join(FOLDER, "orders.mjs"), "utf8").split("\n");
const stuck = source.findIndex((line) => line.includes("// @stuck")) + 1;

describe("a test that takes longer than it may", function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), "asyncscope-timeout-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs Node in the folder of the programs; what it prints. */
  function node(...args: string[]): Promise<string> {
    // Of the test run that this one is part of.
    const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
    const env = { ...rest, ASYNCSCOPE_DUMP_FOLDER: join(folder, "dumps") };
    return new Promise((done) => {
      execFile(
        process.execPath,
        args,
        { cwd: FOLDER, env, timeout: 40_000, killSignal: "SIGKILL" },
        (_error, stdout, stderr) => done(stdout + stderr),
      );
    });
  }

  function checkFailure(output: string): void {
    const [, file] = /Task dump \(3 tasks pending\): (\S+\.taskdump)/.exec(output) ?? [];
    assert.ok(file, `no path in ${output}`);
    assert.match(file, /transfers-can-go-both-ways-\d+\.taskdump$/);
    assert.match(output, new RegExp(`Deadlock: task there waits at orders\\.mjs:${stuck} for Lock right`));
    const { dump, diagnostics } = parseDump(readFileSync(file, "utf8"));
    assert.deepEqual(diagnostics, []);
    assert.equal(dump.findings[0]?.kind, "wait-cycle");
    assert.equal(dump.findings[0].locations[0]?.line, stuck);
    assert.ok(dump.tasks.some(({ name, created }) => name === "there" && created !== undefined));
    assert.equal(statSync(file).mode & 0o777, 0o600);
    // Of the one that hung alone.
    assert.equal(readdirSync(join(folder, "dumps")).length, 1);
    rmSync(join(folder, "dumps"), { recursive: true });
  }

  it("leaves a dump of its tasks in mocha, and says beside the failure where it is and what is wrong", async () => {
    checkFailure(await node(MOCHA, "--exit", "--require", "asyncscope/dump-on-timeout", "hung.mocha.mjs"));
  });

  it("does so in mocha's parallel mode", async () => {
    checkFailure(
      await node(MOCHA, "--exit", "--parallel", "--require", "asyncscope/dump-on-timeout", "hung.mocha.mjs"),
    );
  });

  it("does so in node:test", async () => {
    checkFailure(
      await node("--test", "--test-force-exit", "--import", "asyncscope/dump-on-timeout", "hung.node.mjs"),
    );
  });
});

describe("dumpTasks()", function () {
  this.timeout(30_000);
  const folder = mkdtempSync(join(tmpdir(), "asyncscope-own-dump-"));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const run = (...args: string[]): Promise<string> =>
    new Promise((done) => {
      execFile(process.execPath, args, { cwd: FOLDER, timeout: 20_000 }, (_error, stdout, stderr) =>
        done(stdout + stderr),
      );
    });

  it("writes the program's own tasks, with the lines of generators, from the main thread and from another", async () => {
    const text = readFileSync(join(FOLDER, "own-dump.mjs"), "utf8").split("\n");
    const line = text.findIndex((each) => each.includes("// @wait")) + 1;
    for (const where of ["main", "thread"]) {
      const printed = await run("own-dump.mjs", folder, where);
      const { file, pending } = JSON.parse(printed) as { file: string; pending: number };
      assert.equal(pending, 2);
      assert.equal(join(file, ".."), folder);
      const { dump } = parseDump(readFileSync(file, "utf8"));
      const generator = dump.tasks.find(({ name }) => name === "generator");
      assert.equal(generator?.waits[0]?.label, "Event never not set");
      assert.ok(generator.frames.some(({ location }) => location?.line === line));
    }
  });

  it("is undefined in a program that does not use the runtime", async () => {
    const printed = await run(
      "--input-type=module",
      "--eval",
      'import { dumpTasks } from "asyncscope/dump"; console.log(await dumpTasks(), process._getActiveHandles().length >= 0);',
    );
    assert.equal(printed, "undefined true\n");
  });
});
