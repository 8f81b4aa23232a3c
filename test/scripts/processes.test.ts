import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { run } from "../../scripts/lib/processes.mjs";

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // An ended process whose parent has not asked for its status yet still has its number.
  return process.platform !== "linux" || !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
}

/** A program that starts another one in a group of its own, prints its process id, and goes on as told. */
const parentOf = (then: string) => `
  const { spawn } = require("node:child_process");
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
  child.unref();
  console.log(child.pid);
  ${then}`;

describe("a command run by the scripts", function () {
  this.timeout(120_000);

  it("gives its exit code and all that it printed", async () => {
    const result = await run(
      process.execPath,
      ["-e", "console.log('out'); console.error('err'); process.exitCode = 3"],
      { timeout: 10_000 },
    );
    assert.equal(result.code, 3);
    assert.match(result.output, /out/);
    assert.match(result.output, /err/);
    assert.deepEqual(result.leftovers, []);
  });

  it("is ended at its time limit, with what it started in a group of its own", async () => {
    const result = await run(process.execPath, ["-e", parentOf("setInterval(() => {}, 1000)")], {
      timeout: 700,
    });
    assert.ok(result.timedOut);
    assert.equal(result.code, 124);
    assert.equal(isAlive(Number(result.output)), false);
  });

  it("leaves nothing behind: what outlives it is named and ended", async function () {
    // An orphan is found by its environment, which only Linux shows.
    if (process.platform !== "linux") this.skip();
    const result = await run(process.execPath, ["-e", parentOf("")], { timeout: 10_000 });
    assert.equal(result.code, 0);
    assert.equal(result.leftovers.length, 1);
    assert.match(result.leftovers[0]!, /setInterval/);
    assert.equal(isAlive(Number(result.output)), false);
  });

  it("that does not exist is said so, and nothing else is touched", async () => {
    // Stands for any other process of the machine.
    const bystander = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
    try {
      const result = await run("/nowhere/program", [], { timeout: 1000 });
      assert.equal(result.code, 127);
      assert.match(result.output, /ENOENT/);
      assert.deepEqual(result.leftovers, []);
      assert.equal(bystander.exitCode, null);
      assert.equal(bystander.signalCode, null);
    } finally {
      bystander.kill("SIGKILL");
    }
  });
});
