import { waitLabel } from "./describe.js";
import { Lanes } from "./lanes.js";
import type { Stretch } from "./lanes.js";
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
  const flows = { last: 0 };
  for (const task of lanes.order) {
    for (let each = lanes.first(task); each !== undefined; each = lanes.beside(each, 1)) {
      addStretch(timeline, lanes, each, pid, flows, add);
      if (piece.length < EVENTS_IN_PIECE) continue;
      yield piece.join("");
      piece = [];
    }
    const { id: tid, ending, ended } = timeline.tasks[task]!;
    if (ending >= 0) add({ ph: "i", s: "t", pid, tid, name: ENDINGS[ending]!, cat: "end", ts: ended / 10 });
  }
  yield `${piece.join("")}\n]}\n`;
}

/** What a task does for a while, and the arrow from whoever made it ready. */
function addStretch(
  timeline: Timeline,
  lanes: Lanes,
  { at, task, start, end, state }: Stretch,
  pid: number,
  flows: { last: number },
  add: (event: object) => void,
): void {
  const { segments, tasks, functions, sites } = timeline;
  const segment = lanes.index[at]!;
  const tid = tasks[task]!.id;
  const ts = start / 10;
  const waits = state !== READY && state !== RUNNING;
  const fn = functions[segments.fn.data[segment]! - 1];
  const site = sites.get(segments.site.data[segment]!);
  const args = {
    ...(fn === undefined ? {} : { function: fn }),
    ...(site === undefined ? {} : { at: `${site.path}:${site.line}` }),
  };
  add({
    ph: "X",
    pid,
    tid,
    cat: waits ? "wait" : state === RUNNING ? "run" : "ready",
    name: waits ? waitLabel(timeline, segment) : NAMES[state],
    ts,
    dur: (end - start) / 10,
    ...(fn === undefined && site === undefined ? {} : { args }),
  });
  const by = segments.by.data[segment]!;
  if (state !== READY || by === 0 || by - 1 === task) return;
  const id = ++flows.last;
  add({ ph: "s", pid, tid: tasks[by - 1]!.id, id, cat: "wake", name: "wakes", ts });
  add({ ph: "f", bp: "e", pid, tid, id, cat: "wake", name: "wakes", ts });
}
