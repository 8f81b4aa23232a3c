import { given } from "../core/arguments.js";
import { awaitNatively } from "../core/awaitable.js";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { ValueError } from "../core/errors.js";
import type { ReadWaiter } from "../streams/read-operations.js";
import type { StreamReader } from "../streams/stream-reader.js";
import type { StreamWriter } from "../streams/stream-writer.js";
import { waitFor } from "../transports/node-events.js";
import { notBytes } from "../transports/stream-transport.js";
import { SubprocessStreamProtocol } from "./stream-protocol.js";
import type { BaseSubprocessTransport } from "./subprocess-transport.js";

/** What {@link Process.communicate} collects of a stream: null where there is no pipe. */
export type Collected<S> = S extends StreamReader ? Buffer : null;

/** A subprocess. Made by `createSubprocessExec` and `createSubprocessShell`; the end of the loop kills it. */
export class Process<
  In extends StreamWriter | null = StreamWriter | null,
  Out extends StreamReader | null = StreamReader | null,
  Err extends StreamReader | null = StreamReader | null,
> {
  /** Where to write what it reads; null unless `stdin: PIPE` was asked for. */
  readonly stdin: In;
  /** What it writes; null unless `stdout: PIPE` was asked for. */
  readonly stdout: Out;
  /** Null unless it was PIPE. */
  readonly stderr: Err;
  /** @internal */ readonly _transport: BaseSubprocessTransport;

  /** @internal */
  constructor(transport: BaseSubprocessTransport, protocol: SubprocessStreamProtocol) {
    if (!(protocol instanceof SubprocessStreamProtocol))
      throw new TypeError(
        `a Process takes the protocol of its streams, createSubprocessExec() makes processes; got ${given(protocol)}`,
      );
    this._transport = transport;
    this.stdin = protocol.stdin as In;
    this.stdout = protocol.stdout as Out;
    this.stderr = protocol.stderr as Err;
  }

  /** Of a shell: the shell's. */
  get pid(): number {
    return this._transport.getPid();
  }

  /** Null while it runs; negative, the number of the signal that ended it (rule SP-04). */
  get returnCode(): number | null {
    return this._transport.getReturnCode();
  }

  /**
   * Waits until it has ended and its pipes with it: what it wrote can then be read (rule SP-05). Any number of tasks may
   * wait; cancelling the wait leaves the process alone (rule SP-06). A process that writes more to a pipe than anybody
   * reads does not end: use {@link communicate}.
   * @returns its return code.
   */
  wait(): Coroutine<number> {
    return waiting(this);
  }

  /**
   * Writes `input` to its stdin and closes that, reads all of its stdout and stderr, and waits for its end. All at the
   * same time: no pipe can be in another's way (rules SP-01, SP-02). That it does not read its input is no error (SP-03).
   * When it is cancelled, what was read stays in the readers, and it can be called again.
   * @returns what it wrote; null for a stream that is no pipe.
   * @throws ValueError for input without `stdin: PIPE`; TypeError for a string.
   * @example const [text] = yield* child.communicate(Buffer.from("b\na\n"));
   */
  communicate(input?: Uint8Array | null): Coroutine<[stdout: Collected<Out>, stderr: Collected<Err>]> {
    return communicating(this, input ?? null) as Coroutine<[Collected<Out>, Collected<Err>]>;
  }

  /** @throws ProcessLookupError once it has ended (rule SP-10); TypeError for an unknown signal. */
  sendSignal(signal: NodeJS.Signals | number): void {
    this._transport.sendSignal(signal);
  }

  /** Asks it to end: SIGTERM. On Windows it is ended at once. @throws as {@link sendSignal}. */
  terminate(): void {
    this._transport.terminate();
  }

  /** Ends it: SIGKILL. Of a shell: only the shell, not what that has started. @throws as {@link sendSignal}. */
  kill(): void {
    this._transport.kill();
  }

  /** Kills it if it still runs, and waits for its end. */
  async [Symbol.asyncDispose](): Promise<void> {
    this._transport.close();
    await awaitNatively(this.wait());
  }

  /** @internal */
  *_communicate(input: Uint8Array | null): CoroutineGenerator<[Buffer | null, Buffer | null]> {
    const { stdin, stdout, stderr } = this;
    if (input !== null) {
      if (!(input instanceof Uint8Array)) throw notBytes(input);
      if (stdin === null) throw new ValueError("communicate() has input, but stdin is not PIPE");
    }
    const origin = waitFor("process", () => `output of ${this._transport._describe()}`);
    const waits: ReadWaiter[] = [];
    try {
      for (const reader of [stdout, stderr])
        if (reader !== null && !reader._eof) {
          // Like read(): for both at once, so that neither pauses.
          const waiter = reader._wait(Infinity, "communicate");
          waiter._origin = origin;
          waits.push(waiter);
        }
      if (stdin !== null) {
        if (input !== null && input.length > 0 && !stdin.isClosing()) stdin.write(input);
        stdin.close();
      }
      for (const waiter of waits) yield* waiter;
    } finally {
      for (const waiter of waits) if (!waiter.done()) waiter.cancel();
    }
    yield* this._transport._wait();
    return [takeAll(stdout), takeAll(stderr)];
  }
}

function takeAll(reader: StreamReader | null): Buffer | null {
  if (reader === null) return null;
  reader._check();
  return reader._buffer.take(reader._buffer.size);
}

const waiting = coroInternal(function* wait(process: Process): CoroutineGenerator<number> {
  return yield* process._transport._wait();
});

const communicating = coroInternal(function* communicate(
  process: Process,
  input: Uint8Array | null,
): CoroutineGenerator<[Buffer | null, Buffer | null]> {
  return yield* process._communicate(input);
});
