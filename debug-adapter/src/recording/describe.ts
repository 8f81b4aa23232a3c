import { RECORDED_WAITS } from "@asyncscope/protocol";
import { READY, RUNNING } from "./segments.js";
import type { Timeline } from "./timeline.js";

/** `timer 300 ms`, `Queue jobs`, `Lock db held by worker-7`, `task reader`: what a stretch of waiting waits for. */
export function waitLabel(timeline: Timeline, segment: number): string {
  const { kind: kinds, a: as, b: bs, text: texts } = timeline.segments;
  const kind = RECORDED_WAITS[kinds.data[segment]! - 1];
  const [a, b, text] = [as.data[segment]!, bs.data[segment]!, texts.data[segment]!];
  if (text > 0) return timeline.texts[text - 1] ?? "";
  switch (kind) {
    case undefined:
      return "its turn";
    case "sleep":
      return a === 0 ? "timer" : `timer ${duration(a * 10, 2)}`;
    case "task":
    case "shield":
      return a === 0 ? kind : `task ${taskName(timeline, a)}`;
    case "gather":
    case "wait":
    case "task-group":
      return a === 0 ? kind : `${kind}: ${taskName(timeline, a)}…`;
    case "foreign":
      return "an await outside the runtime";
    case "promise":
    case "future":
      return kind;
    default: {
      const resource = a === 0 ? undefined : timeline.resources.get(a);
      const label = resource ?? kind;
      if (b !== 0) return `${label} held by ${taskName(timeline, b)}`;
      return kind === "queue-join" ? `${label} to be worked off` : label;
    }
  }
}

/** `runs`, `ready`, `waits for Queue jobs`. */
export function stretchLabel(timeline: Timeline, segment: number): string {
  const state = timeline.segments.state.data[segment]!;
  if (state === RUNNING) return "runs";
  return state === READY ? "ready to run" : `waits for ${waitLabel(timeline, segment)}`;
}

export function taskName(timeline: Timeline, id: number): string {
  const place = timeline.place(id);
  return place < 0 ? `#${id}` : timeline.tasks[place]!.name;
}

/** Ticks as people read them, with so many digits that count: `12.3 µs`, `4.56 ms`, `1.2 s`, `3 min 20 s`. */
export function duration(ticks: number, digits = 3): string {
  const microseconds = ticks / 10;
  if (microseconds < 1000) return `${short(microseconds, digits)} µs`;
  if (microseconds < 1e6) return `${short(microseconds / 1000, digits)} ms`;
  const seconds = microseconds / 1e6;
  if (seconds < 60) return `${short(seconds, digits)} s`;
  const minutes = Math.floor(seconds / 60);
  const rest = Math.round(seconds - minutes * 60);
  if (minutes < 60) return rest === 0 ? `${minutes} min` : `${minutes} min ${rest} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function short(value: number, digits: number): string {
  if (value === 0) return "0";
  return value >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(digits)));
}
