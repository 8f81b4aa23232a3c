import { RECORDING_VERSION } from "@asyncscope/protocol";
import { RecordingReader } from "@asyncscope/debug-adapter/recording/read";
import { Lanes } from "@asyncscope/debug-adapter/recording/lanes";
import { stretchLabel } from "@asyncscope/debug-adapter/recording/describe";
import { Timeline } from "@asyncscope/debug-adapter/recording/timeline";
import { endLine, eventLines, headerLine } from "@asyncscope/debug-adapter/recording/write";
import { createTask, EventLoop, type Startable } from "asyncscope";
import { VirtualClock } from "asyncscope/testing";
import { chunk, start, stop } from "../../inspect/support/recorded.js";
import { enable, inspector } from "../../inspect/support/watched.js";

export const HEADER = headerLine(
  {
    program: "/src/program.ts",
    pid: 7,
    node: "v20.11.0",
    runtime: "0.1.0",
    time: "2026-01-01T00:00:00.000Z",
  },
  RECORDING_VERSION,
);

/** The file of what was recorded of a program on a virtual clock, which the program may move on by itself. */
export async function fileOf<T>(program: (clock: VirtualClock) => Startable<T>): Promise<string> {
  const clock = new VirtualClock();
  const loop = new EventLoop({ clock });
  inspector.disable();
  enable();
  try {
    return await loop.runUntilComplete(loop.createTask(() => recorded(program(clock)), { name: "main" }));
  } finally {
    loop.close();
    inspector.disable();
  }
}

async function recorded<T>(main: Startable<T>): Promise<string> {
  const state = start();
  await createTask(main, { name: "program" });
  stop();
  const reply = chunk({ limit: 50_000 });
  const end = { at: Math.round((reply.now - state.start) * 10_000), events: reply.to, hiddenTasks: 0 };
  return [
    HEADER,
    `${JSON.stringify({ functions: reply.functions })}\n`,
    `${JSON.stringify({ resources: reply.resources.map(({ id, label }) => [id, label]) })}\n`,
    ...eventLines(reply, 0, state.start),
    endLine(end),
  ].join("");
}

/** Reads a file; `problems` tells what was wrong. */
export function read(text: string): { timeline: Timeline; lanes: Lanes; problems: readonly string[] } {
  const timeline = new Timeline();
  const reader = new RecordingReader(timeline);
  reader.push(text);
  reader.end();
  const problems = reader.problems.map(({ line, message }) => `${line}: ${message}`);
  return { timeline, lanes: new Lanes(timeline), problems };
}

/** The stretches of a task as `10-12.5 waits for timer 3 ms`, in milliseconds; of ready ones who woke it. */
export function stretches({ timeline, lanes }: { timeline: Timeline; lanes: Lanes }, name: string): string[] {
  const task = timeline.tasks.findIndex((each) => each.name === name);
  if (task < 0) throw new Error(`there is no task ${name}`);
  const lines: string[] = [];
  for (let each = lanes.first(task); each !== undefined; each = lanes.beside(each, 1)) {
    const segment = lanes.index[each.at]!;
    const by = timeline.segments.by.data[segment]!;
    const woken = by === 0 ? "" : `, woken by ${timeline.tasks[by - 1]!.name}`;
    lines.push(
      `${each.start / 10_000}-${each.end / 10_000} ${stretchLabel(timeline, segment)}${each.state === 0 ? woken : ""}`,
    );
  }
  return lines;
}
