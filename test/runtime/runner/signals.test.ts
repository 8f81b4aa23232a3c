import assert from "node:assert/strict";
import { ContextVar, coro, RuntimeError, ValueError } from "asyncscope";
import { runProgram } from "../../support/runtime-process.js";
import { collectReports, runIterations, withLoop } from "../../support/runtime-loop.js";

describe("Signal handlers of a loop", function () {
  this.timeout(120_000);

  it("SI-01 are called in the loop, which a signal wakes from its sleep, once for each signal", async () => {
    const { stdout, code } = await runProgram(
      `
      import { Event, getRunningLoop, run, currentTask } from "asyncscope";
      await run(async () => {
        const loop = getRunningLoop();
        const stop = new Event();
        let count = 0;
        loop.addSignalHandler("SIGTERM", () => {
          console.log("signal", ++count, getRunningLoop() === loop, currentTask());
          if (count === 2) stop.set();
        });
        console.log("ready");
        await stop.wait();
      });
      `,
      {
        signals: [
          { after: "ready", send: "SIGTERM" },
          { after: "signal 1", send: "SIGTERM" },
        ],
      },
    );
    assert.equal(stdout, "ready\nsignal 1 true null\nsignal 2 true null\n");
    assert.equal(code, 0);
  });

  it("SI-01 a new handler replaces the one before", async () => {
    const { stdout } = await runProgram(
      `
      import { Event, getRunningLoop, run } from "asyncscope";
      await run(async () => {
        const stop = new Event();
        const loop = getRunningLoop();
        loop.addSignalHandler("SIGTERM", () => console.log("first"));
        loop.addSignalHandler("SIGTERM", () => { console.log("second"); stop.set(); });
        console.log("ready");
        await stop.wait();
        console.log(process.listenerCount("SIGTERM"));
      });
      console.log(process.listenerCount("SIGTERM"));
      `,
      { signals: [{ after: "ready", send: "SIGTERM" }] },
    );
    assert.equal(stdout, "ready\nsecond\n1\n0\n");
  });

  it("SI-01 a handler that throws is reported and the loop goes on; it runs in the context of its adding", () =>
    withLoop(async (loop) => {
      const reports = collectReports(loop);
      const variable = new ContextVar("variable", { default: "default" });
      const error = new Error("mine");
      const token = variable.set("where it was added");
      let seen = "";
      loop.addSignalHandler("SIGUSR2", function handler() {
        seen = variable.get();
        throw error;
      });
      variable.reset(token);
      process.emit("SIGUSR2");
      await runIterations(loop, 2);
      assert.equal(seen, "where it was added");
      assert.deepEqual(
        reports.map(({ message, exception }) => [message, exception]),
        [["Exception in callback handler", error]],
      );
    }));

  it("SI-01 signals that come while the loop does not run are handled when it does, each once", () =>
    withLoop(async (loop) => {
      let count = 0;
      loop.addSignalHandler("SIGUSR2", () => count++);
      process.emit("SIGUSR2");
      process.emit("SIGUSR2");
      assert.equal(count, 0);
      await runIterations(loop, 2);
      assert.equal(count, 2);
    }));

  it("SI-02 names that are no signals, and what is no plain function, are refused", () =>
    withLoop((loop) => {
      const nothing = (): void => undefined;
      for (const wrong of [15, null, undefined, {}]) {
        assert.throws(() => loop.addSignalHandler(wrong as never, nothing), TypeError);
        assert.throws(() => loop.removeSignalHandler(wrong as never), TypeError);
      }
      for (const wrong of ["SIGNOTHING", "sigterm", "", "toString"]) {
        assert.throws(() => loop.addSignalHandler(wrong as never, nothing), ValueError);
        assert.throws(() => loop.removeSignalHandler(wrong as never), ValueError);
      }
      for (const uncatchable of ["SIGKILL", "SIGSTOP"] as const)
        assert.throws(() => loop.addSignalHandler(uncatchable, nothing), RuntimeError);
      const coroutine = coro(function* () {});
      for (const wrong of [async () => undefined, coroutine, function* () {}, coroutine()])
        assert.throws(() => loop.addSignalHandler("SIGTERM", wrong as never), /TypeError.*not a coroutine/);
      assert.throws(() => loop.addSignalHandler("SIGTERM", 1 as never), TypeError);
      assert.equal(process.listenerCount("SIGTERM"), 0);
    }));

  it("SI-02 a worker thread is told that signals go to the main thread", async () => {
    const { stdout } = await runProgram(`
      import { isMainThread, Worker } from "node:worker_threads";
      import { fileURLToPath } from "node:url";
      import { getRunningLoop, run } from "asyncscope";
      if (isMainThread) new Worker(fileURLToPath(import.meta.url));
      else await run(async () => {
        try { getRunningLoop().addSignalHandler("SIGTERM", () => {}); }
        catch (error) { console.log(error.name, error.message); }
      });
    `);
    assert.match(stdout, /^RuntimeError signals go to the main thread alone/);
  });

  it("SI-03 removing restores the default and returns true, a second time false", async () => {
    const ended = await runProgram(
      `
      import { getRunningLoop, run, sleep } from "asyncscope";
      await run(async () => {
        const loop = getRunningLoop();
        loop.addSignalHandler("SIGTERM", () => console.log("handled"));
        console.log(loop.removeSignalHandler("SIGTERM"), loop.removeSignalHandler("SIGTERM"));
        console.log("ready");
        await sleep(60_000);
      });
      `,
      { signals: [{ after: "ready", send: "SIGTERM" }] },
    );
    assert.equal(ended.stdout, "true false\nready\n");
    assert.equal(ended.signal, "SIGTERM");
  });

  it("SI-03 a signal that has come and was not handled yet is dropped with its handler", () =>
    withLoop(async (loop) => {
      let count = 0;
      loop.addSignalHandler("SIGUSR2", () => count++);
      process.emit("SIGUSR2");
      assert.equal(loop.removeSignalHandler("SIGUSR2"), true);
      await runIterations(loop, 2);
      assert.equal(count, 0);
    }));

  it("SI-03 listeners of the program's own stay", () =>
    withLoop((loop) => {
      const mine = (): void => undefined;
      process.on("SIGUSR2", mine);
      try {
        loop.addSignalHandler("SIGUSR2", () => undefined);
        loop.removeSignalHandler("SIGUSR2");
        assert.deepEqual(process.listeners("SIGUSR2"), [mine]);
      } finally {
        process.off("SIGUSR2", mine);
      }
    }));

  it("SI-04 end with the loop", async () => {
    let closed;
    await withLoop((loop) => {
      closed = loop;
      loop.addSignalHandler("SIGTERM", () => undefined);
      loop.addSignalHandler("SIGUSR2", () => undefined);
      assert.equal(process.listenerCount("SIGTERM"), 1);
    });
    assert.equal(process.listenerCount("SIGTERM"), 0);
    assert.equal(process.listenerCount("SIGUSR2"), 0);
    assert.throws(() => closed!.addSignalHandler("SIGTERM", () => undefined), /closed/);
  });

  it("keep no process alive", async () => {
    const { code, stdout, took } = await runProgram(`
      import { EventLoop } from "asyncscope";
      new EventLoop().addSignalHandler("SIGTERM", () => {});
      console.log("at its end");
    `);
    assert.equal(stdout, "at its end\n");
    assert.equal(code, 0);
    assert.ok(took < 20_000);
  });

  it("of SIGINT take the place of the one that cancels the main task", async () => {
    const { stdout, code } = await runProgram(
      `
      import { Event, getRunningLoop, run } from "asyncscope";
      await run(async () => {
        const stop = new Event();
        getRunningLoop().addSignalHandler("SIGINT", () => { console.log("mine"); stop.set(); });
        console.log("ready");
        await stop.wait();
        console.log("went on");
      });
      `,
      { signals: [{ after: "ready", send: "SIGINT" }] },
    );
    assert.equal(stdout, "ready\nmine\nwent on\n");
    assert.equal(code, 0);
  });
});
