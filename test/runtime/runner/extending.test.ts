import assert from "node:assert/strict";
import {
  allTasks,
  BaseEventLoop,
  CancelledError,
  coro,
  EventLoop,
  Future,
  KeyboardInterrupt,
  run,
  sleep,
  Task,
  tryGetRunningLoop,
} from "asyncscope";
import { VirtualClock } from "asyncscope/testing";
import { both, eachForm } from "../../support/both-forms.js";
import { virtualLoop, withLoop } from "../../support/runtime-loop.js";

describe("A loop that something else drives", () => {
  it("runs one iteration at each runOnce, and says when there is something to do again", async () => {
    const clock = new VirtualClock();
    const loop = new EventLoop({ clock });
    const log: string[] = [];
    loop.runForeverSetup();
    try {
      assert.equal(tryGetRunningLoop(), loop);
      assert.equal(loop.isRunning(), true);
      loop.callSoon(() => {
        log.push("a");
        loop.callSoon(() => log.push("b"));
      });
      loop.callLater(50, () => log.push("timer"));
      await new Promise(setImmediate);
      assert.deepEqual(log, [], "nothing runs by itself");
      assert.equal(loop.runOnce(), 0);
      assert.deepEqual(log, ["a"]);
      assert.equal(loop.runOnce(), 50);
      assert.deepEqual(log, ["a", "b"]);
      assert.equal(loop.runOnce(), 50);
      clock.advance(50);
      assert.equal(loop.runOnce(), Infinity);
      assert.deepEqual(log, ["a", "b", "timer"]);
      assert.throws(() => loop.close(), /running/);
    } finally {
      loop.runForeverCleanup();
    }
    assert.equal(tryGetRunningLoop(), null);
    assert.throws(() => loop.runOnce(), /runForeverSetup/);
    loop.close();
  });

  eachForm("runs tasks of both forms, frame by frame, until stop()", async (form) => {
    const clock = new VirtualClock();
    const loop = new EventLoop({ clock });
    let frames = 0;
    loop.runForeverSetup();
    try {
      const task = form.start(function* () {
        for (let n = 0; n < 3; n++) yield* form.wait(sleep(16));
        return "played";
      });
      task.addDoneCallback(() => loop.stop());
      while (!loop.isStopping() && frames < 100) {
        loop.runOnce();
        frames++;
        clock.advance(16);
        await new Promise(setImmediate);
      }
      assert.equal(task.result(), "played");
    } finally {
      loop.runForeverCleanup();
    }
    assert.ok(frames >= 4 && frames < 20, `${frames} frames`);
    assert.equal(loop.isStopping(), false);
    assert.equal(
      await loop.runUntilComplete(async () => "runs by itself afterwards"),
      "runs by itself afterwards",
    );
    loop.close();
  });

  it("throws a fatal error out of runOnce; the rest is run by the next one", () => {
    const loop = virtualLoop();
    const log: string[] = [];
    loop.runForeverSetup();
    loop.callSoon(() => {
      throw new KeyboardInterrupt();
    });
    loop.callSoon(() => log.push("rest"));
    assert.throws(() => loop.runOnce(), KeyboardInterrupt);
    loop.runOnce();
    assert.deepEqual(log, ["rest"]);
    loop.runForeverCleanup();
    loop.close();
  });

  it("cannot be set up while it or another one runs, and leaves that one alone", () =>
    withLoop(async (loop) => {
      const other = virtualLoop();
      loop.runForeverSetup();
      assert.throws(() => loop.runForeverSetup(), /already running/);
      assert.throws(() => other.runForeverSetup(), /while another one is running/);
      other.runForeverCleanup();
      assert.equal(tryGetRunningLoop(), loop);
      loop.runForeverCleanup();
      await run(async () => {
        assert.throws(() => loop.runForeverSetup(), /while another one is running/);
      });
    }));

  it("a subclass may add to the setup and the cleanup of every run, also of one that fails", async () => {
    const log: string[] = [];
    let broken = false;
    class MyLoop extends EventLoop {
      override runForeverSetup(): void {
        super.runForeverSetup();
        log.push("setup");
        if (broken) throw new Error("no window");
      }
      override runForeverCleanup(): void {
        super.runForeverCleanup();
        log.push("cleanup");
      }
    }
    const loop = new MyLoop({ clock: new VirtualClock() });
    assert.ok(loop instanceof BaseEventLoop);
    assert.equal(await loop.runUntilComplete(async () => 1), 1);
    assert.deepEqual(log, ["setup", "cleanup"]);
    broken = true;
    await assert.rejects(loop.runForever(), /no window/);
    assert.deepEqual(log, ["setup", "cleanup", "setup", "cleanup"]);
    assert.equal(tryGetRunningLoop(), null);
    assert.equal(loop.isRunning(), false);
    loop.close();
  });
});

describe("runUntilComplete", () => {
  eachForm("takes what can be started as a task, and a future", async (form) => {
    const loop = virtualLoop();
    const body = form.body(function* () {
      yield* form.wait(sleep(10));
      return 1;
    });
    assert.equal(await loop.runUntilComplete(body), 1);
    const future = new Future<string>({ loop });
    loop.callLater(1, () => future.setResult("future"));
    assert.equal(await loop.runUntilComplete(future), "future");
    assert.equal(
      await loop.runUntilComplete(
        coro(function* () {
          return "coroutine";
        })(),
      ),
      "coroutine",
    );
    await assert.rejects(loop.runUntilComplete(42 as never), TypeError);
    assert.equal(loop.isRunning(), false);
    loop.close();
  });
});

describe("A task class of the program's own", () => {
  class Interrupted extends CancelledError {
    constructor(
      message: string,
      readonly why: string,
    ) {
      super(message);
    }
  }
  class MyTask<T> extends Task<T> {
    protected override makeCancelledError(): CancelledError {
      return new Interrupted(super.makeCancelledError().message, `it was ${this.name}`);
    }
    get createdAt(): string | null {
      return this.sourceTraceback;
    }
  }

  class Brief<T> extends Task<T> {
    protected override makeCancelledError(): CancelledError {
      return new Interrupted("does not ask super", this.name);
    }
  }

  for (const Class of [MyTask, Brief] as readonly (typeof Task)[])
    for (const where of ["between bare yields", "when what it waits for is there already"])
      both(`decides which error is thrown into it ${where}, once (${Class.name})`, function* (form) {
        const future = new Future<void>();
        const seen: unknown[] = [];
        const task = new Class(
          form.body(function* () {
            for (let n = 0; n < 5; n++)
              try {
                yield* form.wait(where === "between bare yields" ? sleep(0) : future);
              } catch (error) {
                seen.push(error);
              }
          }),
          { name: "mine" },
        );
        yield* form.wait(sleep(0));
        yield* form.wait(sleep(0));
        future.setResult();
        task.cancel("the message");
        yield* form.wait(task);
        assert.equal(seen.length, 1);
        assert.ok(seen[0] instanceof Interrupted);
        assert.equal(seen[0].message, Class === MyTask ? "the message" : "does not ask super");
      });

  both(
    "decides which error a cancellation throws, inside it and to who waits; the message is kept",
    function* (form) {
      let inside: unknown;
      const task = new MyTask(
        form.body(function* () {
          try {
            yield* form.wait(sleep(0));
            yield* form.wait(sleep(1000));
          } catch (error) {
            inside = error;
            throw error;
          }
        }),
        { name: "mine" },
      );
      task.cancel("the message");
      let outside: unknown;
      try {
        yield* form.wait(task);
      } catch (error) {
        outside = error;
      }
      for (const error of [inside ?? outside, outside]) {
        assert.ok(error instanceof Interrupted);
        assert.equal(error.why, "it was mine");
        assert.equal(error.message, "the message");
      }
      assert.equal(task.cancelled(), true);
      assert.throws(
        () => task.result(),
        (error) => error instanceof Interrupted && error.message === "the message",
      );
    },
  );

  it("sees where it was created, in debug mode alone", async () => {
    const createdAt = (debug: boolean): Promise<string | null> =>
      run(
        async () => {
          const task = new MyTask(async () => undefined);
          await task;
          assert.ok(!allTasks().has(task));
          return task.createdAt;
        },
        { loopFactory: virtualLoop, debug },
      );
    assert.match((await createdAt(true))!, /extending\.test/);
    assert.equal(await createdAt(false), null);
  });
});
