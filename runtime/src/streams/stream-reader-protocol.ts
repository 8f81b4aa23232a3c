import { checkCallable, given } from "../core/arguments.js";
import { AsyncCall, callBody, isThenable } from "../core/async-call.js";
import type { Body } from "../core/async-call.js";
import { isCoroutineFunction, isGenerator } from "../core/coroutine.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import type { EventLoop } from "../core/event-loop.js";
import type { Startable, Task } from "../core/task.js";
import { inWords } from "../transports/address.js";
import { waitFor } from "../transports/node-events.js";
import type { Protocol } from "../transports/protocols.js";
import { RUNTIME_PROTOCOL } from "../transports/stream-transport.js";
import type { Transport } from "../transports/transport.js";
import { Waiters } from "../transports/waiters.js";
import { FlowControlMixin } from "./flow-control.js";
import { StreamReader } from "./stream-reader.js";
import { StreamWriter } from "./stream-writer.js";

/** Told of each client of a server: a function of either coroutine form, or a plain one. */
export type ClientConnected =
  Body<[StreamReader, StreamWriter], unknown> | ((reader: StreamReader, writer: StreamWriter) => void);

/** Joins a transport and a {@link StreamReader}; on the side that accepts it starts a task for each client. */
export class StreamReaderProtocol extends FlowControlMixin implements Protocol {
  /** @internal */ readonly [RUNTIME_PROTOCOL] = true;
  /** @internal */ readonly _reader: StreamReader;
  /** @internal */ readonly _isServer: boolean;
  readonly #clientConnected: ClientConnected | null;
  readonly #closed: Waiters;
  #transport: Transport | null = null;
  #error: Error | null = null;

  constructor(
    reader: StreamReader,
    clientConnected: ClientConnected | null = null,
    options: { readonly loop?: EventLoop | undefined } = {},
  ) {
    super(options);
    if (!(reader instanceof StreamReader))
      throw new TypeError(`a StreamReaderProtocol takes a StreamReader first, got ${given(reader)}`);
    if (clientConnected !== null)
      checkCallable(clientConnected, "a StreamReaderProtocol takes a function for its clients, or null");
    this._reader = reader;
    this.#clientConnected = clientConnected;
    this._isServer = clientConnected !== null;
    this.#closed = new Waiters(
      this._loop,
      waitFor("other", () => `the end of ${this._describe()}`),
    );
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
    this._reader.setTransport(transport);
    const clientConnected = this.#clientConnected;
    if (clientConnected === null) return;
    const writer = new StreamWriter(transport, this, this._reader, this._loop);
    const task = this._loop.createTask(call(clientConnected, this._reader, writer));
    task.addDoneCallback((done) => this.#clientDone(done));
  }

  override connectionLost(error: Error | null): void {
    if (error === null) this._reader.feedEof();
    else this._reader.setException(error);
    this.#error = error;
    super.connectionLost(error);
    this.#closed.wakeAll(error);
    this.#transport = null;
  }

  dataReceived(data: Buffer): void {
    this._reader.feedData(data);
  }

  /** Keeps the connection open for writing, unless it is TLS. */
  eofReceived(): boolean {
    this._reader.feedEof();
    return this.#transport?.getExtraInfo("sslObject") === undefined;
  }

  /** @internal */
  *_waitClosed(): CoroutineGenerator<void> {
    if (this._connectionLost) {
      if (this.#error !== null) throw this.#error;
      return;
    }
    yield* this.#closed.wait();
  }

  /** @internal After startTls. */
  _replaceTransport(transport: Transport): void {
    this.#transport = transport;
    this._reader._replaceTransport(transport);
  }

  /** @internal */
  override _describe(): string {
    const peer = this.#transport?.getExtraInfo("peername");
    return peer === undefined ? "stream" : `socket ${inWords(peer)}`;
  }

  /** A client whose task failed or was cancelled is not served any more (rule SW-09). */
  #clientDone(task: Task<unknown>): void {
    const transport = this.#transport;
    if (!task.cancelled()) {
      const exception = task.exception();
      if (exception === null) return;
      this._loop.callExceptionHandler({
        message: "Unhandled exception in client_connected_cb",
        exception,
        transport,
        task,
      });
    }
    transport?.close();
  }
}

/** Runs the callback as a task, also a plain function: whatever it returns may be something to wait for. */
function call(callback: ClientConnected, reader: StreamReader, writer: StreamWriter): Startable<unknown> {
  const body = callback as Body<[StreamReader, StreamWriter], unknown>;
  if (isCoroutineFunction(callback) || typeof callback !== "function")
    return callBody(body, [reader, writer], "startServer()");
  return new AsyncCall(() => {
    const returned: unknown = body(reader, writer);
    return (isThenable(returned) || isGenerator(returned)
      ? returned
      : Promise.resolve()) as unknown as PromiseLike<unknown>;
  }, callback.name);
}
