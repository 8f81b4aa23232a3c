import { StringDecoder } from "node:string_decoder";
import type { Readable } from "node:stream";

/** Longest text of one output event, in characters. */
const MAX_CHUNK = 64 * 1024;

/** What Node itself writes when a debugger comes and goes; it is not the program's output. */
const NOTICES = [
  "Debugger attached.\n",
  "Waiting for the debugger to disconnect...\n",
  "For help, see: https://nodejs.org/en/docs/inspector\n",
];
const NOTICE_PATTERN = /^Debugger (?:listening|ending) on ws:\/\/\S+\n/m;

/** Where output goes and whether it is taken as fast as it comes. */
export interface OutputSink {
  write(category: "stdout" | "stderr", text: string): void;
  readonly congested: boolean;
  drained(): Promise<void>;
}

/**
 * Passes a program's output on. When the client does not keep up the stream is not read any further, so that the
 * program waits as it would at a slow terminal, and memory stays bounded. Resolves when the stream has ended.
 */
export async function forwardOutput(
  stream: Readable,
  category: "stdout" | "stderr",
  sink: OutputSink,
): Promise<void> {
  const decoder = new StringDecoder("utf8");
  try {
    for await (const chunk of stream) {
      let text = decoder.write(chunk as Buffer);
      if (category === "stderr") text = withoutNotices(text);
      for (let at = 0; at < text.length; at += MAX_CHUNK)
        sink.write(category, text.slice(at, at + MAX_CHUNK));
      if (sink.congested) await sink.drained();
    }
  } catch {
    // The pipe broke: the program is gone, which its exit tells.
  }
  const rest = decoder.end();
  if (rest !== "") sink.write(category, rest);
}

function withoutNotices(text: string): string {
  let out = text;
  for (const notice of NOTICES) out = out.replace(notice, "");
  return out.replace(NOTICE_PATTERN, "");
}
