import { coro, EventLoop, run, sleep, SystemClock } from "asyncscope";
import type { Clock } from "asyncscope";
import assert from "node:assert/strict";
import { both } from "../../support/both-forms.js";
import { runIterations, withLoop } from "../../support/runtime-loop.js";

/** Notes each deadline that the loop asks to be woken at, and wakes at once. */
class RecordingClock implements Clock {
  time = 0;
  readonly asked: number[] = [];
  #pending: NodeJS.Immediate | undefined;

  now(): number {
    return this.time;
  }

  wakeAt(when: number, wake: () => void): void {
    this.cancelWake();
    this.asked.push(when);
    this.#pending = setImmediate(() => {
      this.time = when;
      wake();
    });
  }

  cancelWake(): void {
    clearImmediate(this.#pending);
  }
}

describe("Timers", () => {
  it("TM-01 timers fire in the order of their deadlines, also when several are overdue", () =>
    withLoop(async (loop) => {
      const log: string[] = [];
      loop.callLater(30, () => log.push("30"));
      loop.callLater(10, () => log.push("10"));
      loop.callLater(20, () => log.push("20"));
      loop.callAt(-5, () => log.push("-5"));
      loop.callAt(-7, () => log.push("-7"));
      loop.callLater(40, () => loop.stop());
      await loop.runForever();
      assert.deepEqual(log, ["-7", "-5", "10", "20", "30"]);
    }));

  it("TM-01 a thousand deadlines in random order fire sorted", () =>
    withLoop(async (loop) => {
      let seed = 7;
      const random = (): number => (seed = (seed * 16807) % 2147483647);
      const log: number[] = [];
      for (let n = 0; n < 1000; n++) {
        const when = random() % 500;
        const timer = loop.callAt(when, () => log.push(when));
        if (random() % 3 === 0) timer.cancel();
      }
      loop.callAt(1000, () => loop.stop());
      await loop.runForever();
      assert.ok(log.length > 500);
      assert.deepEqual(
        log,
        [...log].sort((a, b) => a - b),
      );
    }));

  it("TM-02 equal deadlines fire in the order of registration", () =>
    withLoop(async (loop) => {
      const log: number[] = [];
      for (let n = 0; n < 50; n++) loop.callAt(5, () => log.push(n));
      loop.callAt(6, () => loop.stop());
      await loop.runForever();
      assert.deepEqual(
        log,
        Array.from({ length: 50 }, (_, n) => n),
      );
    }));

  it("TM-03 a negative delay fires in the next iteration", () =>
    withLoop(async (loop) => {
      const log: string[] = [];
      loop.callLater(-100, () => log.push("timer"));
      await runIterations(loop, 1);
      assert.deepEqual(log, ["timer"]);
      assert.equal(loop.time(), 0);
    }));

  it("TM-04 a delay or deadline that is no number is a TypeError", () =>
    withLoop((loop) => {
      const nothing = (): void => undefined;
      for (const bad of [null, undefined, "1", NaN, {}]) {
        assert.throws(() => loop.callLater(bad as number, nothing), TypeError);
        assert.throws(() => loop.callAt(bad as number, nothing), TypeError);
      }
    }));

  it("TM-05 a cancelled timer never fires, and the loop does not wake up for it", async () => {
    const clock = new RecordingClock();
    const loop = new EventLoop({ clock });
    let fired = false;
    const head = loop.callLater(10, () => (fired = true));
    loop.callLater(50, () => loop.stop());
    head.cancel();
    await loop.runForever();
    assert.equal(fired, false);
    assert.deepEqual(clock.asked, [50]);
    loop.close();
  });

  it("TM-05 a timer cancelled while the loop waits for it does not wake it either", async () => {
    const loop = new EventLoop();
    const head = loop.callLater(5000, () => undefined);
    loop.callLater(60_000, () => undefined);
    const started = performance.now();
    setTimeout(() => {
      head.cancel();
      loop.callSoon(() => loop.stop());
    }, 5);
    await loop.runForever();
    assert.ok(performance.now() - started < 2500);
    loop.close();
  });

  it("TM-06 creating and cancelling timers does not grow without bound", () =>
    withLoop((loop) => {
      loop.callLater(1, () => undefined);
      for (let n = 0; n < 10_000; n++) loop.callLater(1000 + n, () => undefined).cancel();
      assert.ok(loop._timers.size <= 202, `${loop._timers.size} timers are kept`);
    }));

  it("TM-06 what was not cancelled survives the compaction, in order", () =>
    withLoop(async (loop) => {
      const log: number[] = [];
      for (let n = 0; n < 1000; n++) {
        const timer = loop.callAt(1000 - n, () => log.push(1000 - n));
        if (n % 10 !== 0) timer.cancel();
      }
      loop.callAt(2000, () => loop.stop());
      await loop.runForever();
      assert.deepEqual(
        log,
        Array.from({ length: 100 }, (_, n) => 10 * (n + 1)),
      );
    }));

  it("TM-07 a very small delay does not make the loop spin", async () => {
    const system = new SystemClock();
    let readings = 0;
    const clock: Clock = {
      now: () => (readings++, system.now()),
      wakeAt: (when, wake) => system.wakeAt(when, wake),
      cancelWake: () => system.cancelWake(),
    };
    await run(
      coro(function* () {
        for (const delay of [1e-10, 1e-7, 1e-4, 0.1, 1, 5]) yield* sleep(delay);
      })(),
      { loopFactory: () => new EventLoop({ clock }) },
    );
    assert.ok(readings < 60, `${readings} readings of the clock for six sleeps`);
  });

  both(
    "TM-08 a sleep is never shorter than asked",
    function* (form) {
      for (let n = 0; n < 40; n++) {
        const delay = 0.3 + (n % 4);
        const started = performance.now();
        yield* form.wait(sleep(delay));
        const slept = performance.now() - started;
        assert.ok(slept >= delay, `${slept} ms instead of ${delay}`);
      }
    },
    () => new EventLoop(),
  );
});
