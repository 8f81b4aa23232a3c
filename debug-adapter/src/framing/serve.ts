import type { Readable, Writable } from "node:stream";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { AsyncscopeSession, type SessionOptions } from "../session/session.js";
import { FrameReader } from "./frame-reader.js";
import { FrameWriter } from "./frame-writer.js";

/** Runs one debug session over a pair of streams. It ends with `disconnect` or with the end of the input. */
export function serve(
  input: Readable,
  output: Writable,
  options: Omit<SessionOptions, "flow">,
): { readonly session: AsyncscopeSession; readonly closed: Promise<void> } {
  const writer = new FrameWriter(output);
  const session = new AsyncscopeSession({ ...options, flow: writer });
  const closed = new Promise<void>((resolve) => (session.onClosed = resolve));
  session.onDidSendMessage((message) => writer.send(message));
  const reader = new FrameReader({
    message: (message) => {
      const problem = shapeProblem(message);
      if (problem === undefined) session.handleMessage(message as unknown as DebugProtocol.ProtocolMessage);
      else session.reportProblem(problem);
    },
    problem: (text) => session.reportProblem(text),
  });
  input.on("data", (chunk: Buffer) => reader.push(chunk));
  const onEnd = (): void => void session.abandon();
  input.on("end", onEnd);
  input.on("close", onEnd);
  input.on("error", onEnd);
  return { session, closed };
}

function shapeProblem(message: Readonly<Record<string, unknown>>): string | undefined {
  const { type, seq, command, request_seq: requestSeq } = message;
  if (type === "request") {
    if (typeof command !== "string") return 'a request without a "command" was skipped';
    if (!Number.isSafeInteger(seq))
      return `the request '${command.slice(0, 40)}' without a "seq" was skipped`;
    return undefined;
  }
  if (type === "response")
    return Number.isSafeInteger(requestSeq) ? undefined : 'a response without a "request_seq" was skipped';
  return "a message that is neither a request nor a response was skipped";
}
