import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { RecordingReader } from "../recording/read.js";
import { Timeline } from "../recording/timeline.js";
import { traceOf } from "../recording/trace.js";
import { TimelineRecorder } from "../tasks/timeline-recorder.js";
import { count } from "../text/plain-text.js";
import { messageOf } from "../errors.js";
import { CliError } from "./cli-error.js";
import { lookIntoRuntime } from "./look.js";

/** What is to be recorded. */
export interface RecordCommand {
  readonly kind: "record";
  readonly pid: number;
  readonly seconds: number;
  /** Path of the file to write; undefined: one in the current folder. */
  readonly output: string | undefined;
  /** As a trace for Perfetto instead of a recording. */
  readonly trace: boolean;
}

/**
 * Records a running program for some seconds, or until `signal` is aborted, and writes the recording into a file.
 * @returns what there is to say about it
 * @throws CliError
 */
export async function record(command: RecordCommand, signal: AbortSignal): Promise<string> {
  const { pid, seconds, output, trace } = command;
  const recorder = new TimelineRecorder(() => undefined);
  // Ctrl+C ends the recording, not the look: what there is by then is written.
  await lookIntoRuntime(pid, new AbortController().signal, async (_model, _program, backend) => {
    await recorder.start(backend, {});
    await pause(seconds * 1000, signal);
    await recorder.stop();
  });
  const pieces = linesOf(recorder);
  const file = resolve(output ?? `recording-${pid}.${trace ? "trace.json" : "taskrec"}`);
  try {
    await writeFile(file, trace ? traced(pieces) : pieces, { mode: 0o600 });
  } catch (error) {
    throw new CliError(
      `The recording could not be written: ${messageOf(error)}. Name another file with --output.`,
    );
  }
  const { events, lost, duration } = recorder.body;
  const missing = lost === 0 ? "" : `, ${count(lost, "event")} lost`;
  return `${count(events, "event")} in ${(duration / 1000).toFixed(1)} s${missing}: ${file}`;
}

function linesOf(recorder: TimelineRecorder): string[] {
  const pieces: string[] = [];
  for (let from = 0; from < recorder.body.lines;) {
    const { text, next } = recorder.data(from);
    pieces.push(text);
    from = next;
  }
  return pieces;
}

function traced(pieces: readonly string[]): Iterable<string> {
  const timeline = new Timeline();
  const reader = new RecordingReader(timeline);
  for (const piece of pieces) reader.push(piece);
  reader.end();
  return traceOf(timeline);
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    const stop = (): void => {
      clearTimeout(timer);
      done();
    };
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop, { once: true });
  });
}
