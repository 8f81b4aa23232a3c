import {
  EVENT_BYTES,
  EventType,
  RECORDED_WAITS,
  type RecordingChunk,
  type RecordingOptions,
  type RecordingQuery,
  type RecordingState,
} from "@asyncscope/protocol";
import type { Startable } from "asyncscope";
import { inspector, watched } from "./watched.js";

export const start = (options?: RecordingOptions): RecordingState =>
  JSON.parse(inspector.startRecording(options)) as RecordingState;
export const stop = (): RecordingState => JSON.parse(inspector.stopRecording()) as RecordingState;
export const chunk = (query: RecordingQuery = {}): RecordingChunk =>
  JSON.parse(inspector.recordingChunk(query)) as RecordingChunk;

export interface ReadEvent {
  readonly number: number;
  readonly time: number;
  readonly type: keyof typeof EventType;
  readonly kind: number;
  readonly flags: number;
  readonly task: number;
  readonly a: number;
  readonly b: number;
  readonly fn: string;
  readonly site: number;
  readonly label: string | undefined;
}

const names = Object.fromEntries(Object.entries(EventType).map(([name, type]) => [type, name])) as Record<
  number,
  keyof typeof EventType
>;

/** The events of a reply. */
export function eventsOf({ from, events, labels, functions }: RecordingChunk): ReadEvent[] {
  const bytes = Buffer.concat(events.map((piece) => Buffer.from(piece, "base64")));
  const texts = new Map(labels);
  return Array.from({ length: bytes.length / EVENT_BYTES }, (_, i) => {
    const word = (at: number): number => bytes.readUInt32LE(i * EVENT_BYTES + at * 4);
    const head = word(2);
    return {
      number: from + i,
      time: bytes.readDoubleLE(i * EVENT_BYTES),
      type: names[head & 255]!,
      kind: (head >> 8) & 255,
      flags: head >>> 16,
      task: word(3),
      a: word(4),
      b: word(5),
      fn: word(6) === 0 ? "" : functions[word(6) - 1]!,
      site: word(7),
      label: texts.get(from + i),
    };
  });
}

/** Events as lines: `12 reader left queue-get Queue jobs in read`. Tasks by name, times in whole milliseconds. */
export function linesOf(reply: RecordingChunk): string[] {
  const events = eventsOf(reply);
  const tasks = new Map<number, string>([[0, "the loop"]]);
  for (const { type, task, label, b } of events) {
    if (type === "created") tasks.set(task, label ?? `Task-${b}`);
    else if ((type === "done" || type === "named") && label !== undefined) tasks.set(task, label);
  }
  const resources = new Map(reply.resources.map(({ id, label }) => [id, label]));
  return events.map(({ time, type, kind, task, a, b, fn, label }) => {
    const words = [Math.round(time), tasks.get(task), type];
    if (type === "created") words.push(`by ${tasks.get(a)}`);
    else if (type === "scheduled" || type === "cancelled") words.push(`by ${tasks.get(a)}`);
    else if (type === "done") words.push(["well", "failed", "cancelled"][kind]);
    else if (type === "left") {
      const wait = kind === 0 ? "ready" : RECORDED_WAITS[kind - 1]!;
      words.push(wait);
      if (wait === "sleep") words.push(`${a / 1000} ms`);
      else if (wait === "task" || wait === "gather" || wait === "task-group") words.push(tasks.get(a));
      else if (a !== 0) words.push(resources.get(a));
      if (b !== 0) words.push(`held by ${tasks.get(b)}`);
      if (label !== undefined) words.push(label);
    }
    if (fn !== "") words.push(`in ${fn}`);
    return words.join(" ");
  });
}

/** Runs a program on a virtual clock and gives what was recorded of it. */
export async function record<T>(main: Startable<T>): Promise<string[]> {
  let lines: string[] = [];
  await watched(async () => {
    // The main task is there already.
    start();
    const { createTask } = await import("asyncscope");
    await createTask(main, { name: "program" });
    stop();
    // The clock is not the one by which the process sleeps.
    lines = linesOf(chunk()).filter((line) => !line.endsWith(" idle"));
  });
  return lines;
}
