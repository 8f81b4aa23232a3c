import assert from "node:assert/strict";
import { runProgram } from "../../support/runtime-process.js";

/** The first line of each report on stderr. */
function reports(stderr: string): string[] {
  return stderr.split("\n").filter((line) => /^(?:Task|coroutine|Future) /.test(line));
}

describe("The end of the process", () => {
  it("JS-14 reports tasks and coroutines of a loop that nobody has closed", async () => {
    const { code, stderr } = await runProgram(`
      import { coro, EventLoop, Future, sleep } from "asyncscope";
      const loop = new EventLoop();
      loop.createTask(async () => new Future(), { name: "left over" });
      const forgotten = coro(function* never() {});
      await loop.runUntilComplete(coro(function* () { forgotten(); yield* sleep(1); })());
    `);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^task: task "left over"/m);
    assert.deepEqual(reports(stderr), [
      "Task was destroyed but it is pending!",
      "coroutine never was never awaited: write yield* or await before the call, or createTask() it",
    ]);
  });

  it("JS-14 reports a task of a loop that never ran", async () => {
    const { code, stderr } = await runProgram(`
      import { EventLoop } from "asyncscope";
      new EventLoop().createTask(async () => console.log("never"), { name: "early" });
    `);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /^Task was destroyed but it is pending!\ntask: task "early"/);
  });

  it("JS-14 says once what was said when the loop was closed, and nothing of loops with nothing left", async () => {
    const { stdout, stderr } = await runProgram(`
      import { EventLoop, Future, run, sleep } from "asyncscope";
      const loop = new EventLoop();
      loop.createTask(async () => new Future(), { name: "left over" });
      loop.close();
      await run(() => sleep(1));
      const other = new EventLoop();
      for (let n = 0; n < 3; n++) await other.runUntilComplete(() => sleep(1));
      console.log("done");
    `);
    assert.equal(stdout, "done\n");
    assert.deepEqual(reports(stderr), ["Task was destroyed but it is pending!"]);
  });

  it("process.exit() in the middle of a run says nothing of the tasks that go on", async () => {
    const { code, stderr } = await runProgram(`
      import { createTask, run, sleep } from "asyncscope";
      await run(async () => {
        createTask(() => sleep(60_000));
        await sleep(1);
        process.exit(3);
      });
    `);
    assert.equal(code, 3);
    assert.equal(stderr, "");
  });
});
