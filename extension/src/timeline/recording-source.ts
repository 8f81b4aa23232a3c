import type { RecordingBody } from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";

/** How long the end of a recording is waited for, in milliseconds: its program says its last while it ends. */
const LAST_WORDS = 3000;

/** A piece of a recording: whole lines. */
interface Piece {
  readonly from: number;
  readonly next: number;
  readonly text: string;
}

/** The recording of a session: read from its debug adapter, and from memory once that is about to go. */
export class RecordingSource {
  readonly #session: ScopeSession;
  #kept: readonly Piece[] | undefined;
  /** As last heard. */
  body: RecordingBody;

  constructor(session: ScopeSession, body: RecordingBody) {
    this.#session = session;
    this.body = body;
  }

  get session(): ScopeSession {
    return this.#session;
  }

  get isRecording(): boolean {
    return this.body.state === "recording";
  }

  /** The lines from a number on, as many as come at once; "" when there are no more. */
  async read(from: number): Promise<{ readonly text: string; readonly next: number }> {
    if (this.#kept !== undefined) return pieceFrom(this.#kept, from);
    const { text, next, ...body } = await this.#session.request("asyncscope/recordingData", { from });
    this.body = body;
    return { text, next };
  }

  /** The whole recording. */
  async *pieces(): AsyncGenerator<string, void, undefined> {
    for (let from = 0; ;) {
      const { text, next } = await this.read(from);
      if (text === "") return;
      yield text;
      from = next;
    }
  }

  /** The debug adapter will go: takes over what it has. */
  async keep(): Promise<void> {
    if (this.#kept !== undefined) return;
    const pieces: Piece[] = [];
    try {
      const end = performance.now() + LAST_WORDS;
      for (let from = 0; ;) {
        const { text, next } = await this.read(from);
        if (text !== "") pieces.push({ from, next, text });
        else if (!this.isRecording || performance.now() > end) break;
        else await new Promise((resolve) => setTimeout(resolve, 50));
        from = next;
      }
    } catch {
      // Gone already: what came is kept.
    }
    this.#kept = pieces;
    if (this.isRecording) this.body = { ...this.body, state: "ended" };
  }
}

function pieceFrom(pieces: readonly Piece[], from: number): { text: string; next: number } {
  const piece = pieces.find(({ next }) => next > from);
  if (piece === undefined) return { text: "", next: from };
  let at = 0;
  for (let line = piece.from; line < from; line++) at = piece.text.indexOf("\n", at) + 1;
  return { text: piece.text.slice(at), next: piece.next };
}
