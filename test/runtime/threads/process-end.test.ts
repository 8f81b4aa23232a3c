import assert from "node:assert/strict";
import { runProgram } from "../../support/runtime-process.js";

describe("threads and the end of the process [slow]", function () {
  this.timeout(120_000);

  it("idle threads do not keep it alive", async () => {
    const { code, stdout, stderr } = await runProgram(`
      import { EventLoop, WorkerPool } from "asyncscope";
      const loop = new EventLoop();
      const pool = new WorkerPool({ size: 2 });
      const jobs = [1, 2, 3].map((n) => loop.runInExecutor(pool, (x) => x * 2, n));
      const count = () => {
        if (jobs.every((job) => job.done())) console.log(jobs.map((job) => job.result()).join(" "));
        else setTimeout(count, 1);
      };
      count();
    `);
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: "2 4 6\n", stderr: "" });
  });

  it("a job that nobody waits for any more does not keep it alive", async () => {
    const { code, stdout } = await runProgram(`
      import { EventLoop, toThread, waitFor } from "asyncscope";
      const loop = new EventLoop();
      const main = async () => {
        await waitFor(toThread(() => { for (;;); }), 100).then(null, (error) => console.log(error.name));
        loop.runInExecutor(null, () => { for (;;); });
      };
      await loop.runUntilComplete(loop.createTask(main));
      loop.close();
    `);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "TimeoutError\n" });
  });

  it("a job that somebody waits for keeps it alive, and what it printed is printed", async () => {
    const { code, stdout } = await runProgram(`
      import { EventLoop, WorkerPool } from "asyncscope";
      const loop = new EventLoop();
      {
        await using pool = new WorkerPool({ size: 1 });
        const work = async () => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          console.log("from the thread");
        };
        loop.runInExecutor(pool, work);
      }
      console.log("closed");
    `);
    assert.deepEqual({ code, stdout }, { code: 0, stdout: "from the thread\nclosed\n" });
  });

  it("neither do the ends of a connection to a loop, on both sides", async () => {
    const { code, stdout, stderr } = await runProgram(`
      import { exposeLoop, EventLoop, remoteLoop } from "asyncscope";
      import { isMainThread, Worker, MessageChannel } from "node:worker_threads";
      if (isMainThread) {
        const loop = new EventLoop();
        const { port1, port2 } = new MessageChannel();
        exposeLoop(port1, { loop, functions: {} });
        remoteLoop(port2);
        const worker = new Worker(new URL(import.meta.url));
        exposeLoop(worker, { loop, functions: { add: async (a, b) => a + b, note: (n) => console.log("note", n) } });
        worker.on("exit", () => { console.log("thread ended"); loop.stop(); });
        await loop.runForever();
        console.log("loop ended");
      } else {
        const loop = remoteLoop();
        loop.callSoonThreadsafe("note", 1);
        console.log("sum", await loop.runCoroutineThreadsafe("add", 1, 2));
      }
    `);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.deepEqual(stdout.trim().split("\n").sort(), ["loop ended", "note 1", "sum 3", "thread ended"]);
  });
});
