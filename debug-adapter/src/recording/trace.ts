import { waitLabel } from "./describe.js";
import { Lanes } from "./lanes.js";
import { READY, RUNNING } from "./segments.js";
import { ENDINGS } from "./timeline.js";
import type { Timeline } from "./timeline.js";

/** Events in one piece of text. */
const EVENTS_IN_PIECE = 5000;
const NAMES = { [READY]: "ready", [RUNNING]: "runs" } as const;

/**
 * A recording in the Trace Event Format, which Perfetto and chrome://tracing open: one track for each task with slices
 * for what it does, and flow arrows from whoever wakes a task to where it runs. In pieces, one after the other.
 * Times are microseconds since the start of the recording.
 */
export function* traceOf(timeline: Timeline): Generator<string, void, undefined> {
  const lanes = new Lanes(timeline);
  const pid = timeline.info?.pid ?? 1;
  let piece: string[] = [];
  let comma = "";
  const add = (event: object): void => {
    piece.push(`${comma}${JSON.stringify(event)}`);
    comma = ",\n";
  };
  const { program = "", node = "", runtime = "", time = "" } = timeline.info ?? {};
  yield `{"displayTimeUnit":"ns","otherData":${JSON.stringify({ program, node, runtime, time })},"traceEvents":[\n`;
  add({ ph: "M", pid, tid: 0, name: "process_name", args: { name: program === "" ? "program" : program } });
  for (const [lane, task] of lanes.order.entries()) {
    const { id, name } = timeline.tasks[task]!;
    add({ ph: "M", pid, tid: id, name: "thread_name", args: { name } });
    add({ ph: "M", pid, tid: id, name: "thread_sort_index", args: { sort_index: lane } });
  }
  for (let i = 0; i < timeline.sleeps.length; i += 2)
    add({
      ph: "X",
      pid,
      tid: 0,
      name: "idle",
      cat: "loop",
      ts: timeline.sleeps[i]! / 10,
      dur: (timeline.sleeps[i + 1]! - timeline.sleeps[i]!) / 10,
    });
  let flow = 0;
  for (const task of lanes.order) {
    yield* full();
    for (const event of taskEvents(task)) {
      add(event);
      yield* full();
    }
  }
  yield `${piece.join("")}\n]}\n`;

  function* full(): Generator<string, void, undefined> {
    if (piece.length < EVENTS_IN_PIECE) return;
    yield piece.join("");
    piece = [];
  }

  function* taskEvents(task: number): Generator<object, void, undefined> {
    const { segments, tasks, functions, sites } = timeline;
    const facts = tasks[task]!;
    const tid = facts.id;
    for (let stretch = lanes.first(task); stretch !== undefined; stretch = lanes.beside(stretch, 1)) {
      const segment = lanes.index[stretch.at]!;
      const { state, start, end } = stretch;
      const ts = start / 10;
      const waits = state !== READY && state !== RUNNING;
      const fn = functions[segments.fn.data[segment]! - 1];
      const site = sites.get(segments.site.data[segment]!);
      const args = {
        ...(fn === undefined ? {} : { function: fn }),
        ...(site === undefined ? {} : { at: `${site.path}:${site.line}` }),
      };
      yield {
        ph: "X",
        pid,
        tid,
        cat: waits ? "wait" : state === RUNNING ? "run" : "ready",
        name: waits ? waitLabel(timeline, segment) : NAMES[state],
        ts,
        dur: (end - start) / 10,
        ...(Object.keys(args).length === 0 ? {} : { args }),
      };
      const by = segments.by.data[segment]!;
      if (state !== READY || by === 0 || by - 1 === task) continue;
      const id = ++flow;
      yield { ph: "s", pid, tid: tasks[by - 1]!.id, id, cat: "wake", name: "wakes", ts };
      yield { ph: "f", bp: "e", pid, tid, id, cat: "wake", name: "wakes", ts };
    }
    if (facts.ending >= 0)
      yield { ph: "i", s: "t", pid, tid, name: ENDINGS[facts.ending]!, cat: "end", ts: facts.ended / 10 };
  }
}
