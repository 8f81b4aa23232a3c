import assert from "node:assert/strict";
import { traceOf } from "@asyncscope/debug-adapter/recording/trace";
import { createTask, Queue, sleep } from "asyncscope";
import { fileOf, read } from "./support/made.js";

interface TraceEvent {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly id: number;
  readonly bp: string;
  readonly args: Record<string, unknown>;
}

describe("A recording as a trace for Perfetto", () => {
  let events: TraceEvent[];
  before(async () => {
    const file = await fileOf(
      (clock) =>
        function* () {
          const jobs = new Queue<number>(2, { name: 'jobs "quoted"' });
          for (const name of ["smith", "carver"])
            createTask(
              function* () {
                for (;;) {
                  yield* jobs.get();
                  clock.advance(2);
                  yield* sleep(3);
                }
              },
              { name },
            );
          for (let i = 0; i < 10; i++) {
            yield* jobs.put(i);
            clock.advance(1);
          }
          yield* sleep(50);
        },
    );
    const trace = JSON.parse([...traceOf(read(file).timeline)].join("")) as { traceEvents: TraceEvent[] };
    events = trace.traceEvents;
  });

  it("follows the rules of the format", () => {
    for (const event of events) {
      assert.ok(["M", "X", "s", "f", "i"].includes(event.ph), event.ph);
      assert.ok(Number.isInteger(event.pid) && Number.isInteger(event.tid));
      assert.equal(typeof event.name, "string");
      if (event.ph === "M") continue;
      assert.ok(Number.isFinite(event.ts) && event.ts >= 0);
      if (event.ph === "X") assert.ok(Number.isFinite(event.dur) && event.dur >= 0);
      if (event.ph === "s" || event.ph === "f") assert.ok(Number.isInteger(event.id));
    }
  });

  it("has a named track for each task, whose slices follow each other", () => {
    const names = events.filter(({ name }) => name === "thread_name").map(({ args }) => args["name"]);
    assert.deepEqual(names, ["main", "program", "smith", "carver"]);
    const tracks = new Map<number, number>();
    for (const { ph, tid, ts, dur } of events) {
      if (ph !== "X") continue;
      assert.ok(ts >= (tracks.get(tid) ?? 0) - 0.001, "slices of a track must not overlap");
      tracks.set(tid, ts + dur);
    }
    assert.ok(events.some(({ name }) => name === 'Queue jobs "quoted"'));
  });

  it("leads from whoever wakes a task to the task, by arrows with two ends", () => {
    const starts = events.filter(({ ph }) => ph === "s");
    const ends = new Map(events.filter(({ ph }) => ph === "f").map((event) => [event.id, event]));
    assert.ok(starts.length > 5);
    assert.equal(new Set(starts.map(({ id }) => id)).size, starts.length);
    assert.equal(ends.size, starts.length);
    const lies = (tid: number, ts: number): boolean =>
      events.some(
        (slice) => slice.ph === "X" && slice.tid === tid && slice.ts <= ts && ts <= slice.ts + slice.dur,
      );
    for (const { id, tid, ts } of starts) {
      const end = ends.get(id)!;
      assert.equal(end.bp, "e");
      assert.notEqual(end.tid, tid);
      assert.ok(lies(tid, ts) && lies(end.tid, end.ts), "an arrow hangs on a slice at both ends");
    }
  });
});
