import assert from "node:assert/strict";
import { RefreshSchedule } from "../../extension/src/views/refresh-schedule.js";
import { FakeTimers, settle } from "./fake-timers.js";

describe("When a view asks the program again", () => {
  let timers: FakeTimers;
  let asked: number[];
  let schedule: RefreshSchedule;

  beforeEach(() => {
    timers = new FakeTimers();
    asked = [];
    schedule = new RefreshSchedule(async () => void asked.push(timers.now()), timers);
  });

  it("after a change at once, when it was quiet", async () => {
    schedule.setVisible(true);
    schedule.invalidate();
    await settle();
    assert.deepEqual(asked, [0]);
  });

  it("never while the view is hidden, and once when it is shown again", async () => {
    for (let i = 0; i < 10; i++) schedule.invalidate();
    await timers.advance(5000);
    assert.deepEqual(asked, []);
    schedule.setVisible(true);
    await settle();
    assert.deepEqual(asked, [5000]);
    schedule.setVisible(false);
    schedule.invalidate();
    schedule.invalidateNow();
    await timers.advance(5000);
    assert.equal(asked.length, 1);
  });

  it("not at all without a change", async () => {
    schedule.setVisible(true);
    await timers.advance(60_000);
    assert.deepEqual(asked, []);
  });

  it("at most four times a second in a burst, then once a second", async () => {
    schedule.setVisible(true);
    for (let t = 0; t < 20_000; t += 10) {
      schedule.invalidate();
      await timers.advance(10);
    }
    for (let i = 1; i < asked.length; i++) assert.ok(asked[i]! - asked[i - 1]! >= 250, `gap at ${asked[i]}`);
    const late = asked.filter((t) => t >= 10_000 && t < 20_000);
    assert.ok(late.length >= 9 && late.length <= 11, `${late.length} in the last ten seconds`);
    assert.ok(asked.filter((t) => t < 1000).length >= 3, "the first changes are followed quickly");
  });

  it("at once when the program stops or goes on", async () => {
    schedule.setVisible(true);
    schedule.invalidate();
    await timers.advance(10);
    schedule.invalidate();
    schedule.invalidateNow();
    await settle();
    assert.deepEqual(asked, [0, 10]);
  });

  it("one request at a time; a change during one is not lost", async () => {
    let running = 0;
    let answer = (): void => undefined;
    const slow = new RefreshSchedule(async () => {
      running += 1;
      assert.equal(running, 1, "two at once");
      await new Promise<void>((resolve) => (answer = resolve));
      running -= 1;
      asked.push(timers.now());
    }, timers);
    slow.setVisible(true);
    slow.invalidate();
    await timers.advance(100);
    slow.invalidateNow();
    slow.invalidate();
    await timers.advance(900);
    assert.deepEqual(asked, []);
    answer();
    await settle();
    answer();
    await timers.advance(2000);
    assert.equal(asked.length, 2);
  });

  it("goes on after a request that failed", async () => {
    let attempts = 0;
    const failing = new RefreshSchedule(() => {
      attempts += 1;
      return Promise.reject(new Error("no answer"));
    }, timers);
    failing.setVisible(true);
    failing.invalidate();
    await settle();
    failing.invalidate();
    await timers.advance(1000);
    assert.equal(attempts, 2);
  });

  it("stops for good when disposed", async () => {
    schedule.setVisible(true);
    schedule.invalidate();
    await settle();
    schedule.invalidate();
    schedule.dispose();
    schedule.invalidate();
    await timers.advance(5000);
    assert.equal(asked.length, 1);
  });
});
