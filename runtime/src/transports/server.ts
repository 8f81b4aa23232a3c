import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { isCancelled, RuntimeError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { Future } from "../core/future.js";
import { inWords } from "./address.js";
import type { SocketAddress } from "./address.js";
import type { Listener } from "./listener.js";
import { waitFor } from "./node-events.js";
import { TransportSocket } from "./transport-socket.js";
import { Waiters } from "./waiters.js";

/**
 * Accepts connections. Made by `startServer`, `loop.createServer` and their Unix forms; `await using` closes it and
 * waits until all its connections have ended.
 */
export class Server {
  readonly #loop: EventLoop;
  readonly #listeners: readonly Listener[];
  readonly #connections = new Set<{ close(): void; abort(): void }>();
  readonly #closedWaiters: Waiters;
  #started: Future<void> | null = null;
  #serving: Future<void> | null = null;
  #closed = false;

  /** @internal */
  constructor(loop: EventLoop, listeners: readonly Listener[]) {
    this.#loop = loop;
    this.#listeners = listeners;
    this.#closedWaiters = new Waiters(
      loop,
      waitFor("other", () => `the end of ${this.#connections.size} connections of ${this._describe()}`),
    );
  }

  /** The loop that its connections belong to. */
  getLoop(): EventLoop {
    return this.#loop;
  }

  /** True from {@link startServing} until {@link close}. */
  isServing(): boolean {
    return !this.#closed && this.#started !== null && this.#started.done();
  }

  /** Where it listens: one or more of `{ host, port }`, or the path of a Unix socket. Empty unless it serves. */
  get addresses(): readonly (SocketAddress | string)[] {
    if (this.#closed) return [];
    return this.#listeners.flatMap((listener) => listener.address ?? []);
  }

  /** The listening sockets, to be looked at. Empty unless it serves. */
  get sockets(): readonly TransportSocket[] {
    if (this.#closed) return [];
    return this.#listeners.flatMap((listener) =>
      listener.server === null ? [] : new TransportSocket(listener.server),
    );
  }

  /**
   * Begins to accept: needed only for a server made with `startServing: false`, which also binds its ports only now.
   * @throws RuntimeError when it is closed; Node's error when a port is taken.
   */
  startServing(): Coroutine<void> {
    return starting(this);
  }

  /**
   * Serves until it is cancelled or closed. Cancelled, it closes the server, waits until all connections have ended,
   * and throws CancelledError; {@link close} cancels it (rule SV-01).
   * @throws RuntimeError when it is awaited already, or the server closed.
   */
  serveForever(): Coroutine<never> {
    return serving(this) as Coroutine<never>;
  }

  /** Accepts no more; the connections that there are stay (rule SV-02). Idempotent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#loop._resources.delete(this);
    for (const listener of this.#listeners) listener.close();
    if (this.#serving !== null && !this.#serving.done()) this.#serving.cancel();
    this.#wakeIfOver();
  }

  /** Closes each connection when what it has to send is sent (rule SV-04). */
  closeClients(): void {
    for (const connection of [...this.#connections]) connection.close();
  }

  /** Closes each connection at once (rule SV-04). */
  abortClients(): void {
    for (const connection of [...this.#connections]) connection.abort();
  }

  /** Waits until the server is closed and all its connections have ended (rule SV-03). */
  waitClosed(): Coroutine<void> {
    return closing(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.waitClosed();
  }

  /** @internal */
  _attach(connection: { close(): void; abort(): void }): void {
    this.#connections.add(connection);
  }

  /** @internal */
  _detach(connection: object): void {
    this.#connections.delete(connection as { close(): void; abort(): void });
    this.#wakeIfOver();
  }

  /** @internal */
  _loopClosed(): void {
    this.#closed = true;
    for (const listener of this.#listeners) listener.close();
  }

  /** @internal For messages and views. */
  _describe(): string {
    return this.#listeners.map((listener) => inWords(listener.address ?? listener.wanted)).join(", ");
  }

  /** @internal */
  *_start(): CoroutineGenerator<void> {
    if (this.#closed) throw new RuntimeError("the server is closed: make a new one");
    if (this.#started !== null) {
      if (!this.#started.done()) yield* this.#started;
      return;
    }
    const started = (this.#started = new Future<void>({ loop: this.#loop }));
    try {
      for (const listener of this.#listeners) yield* listener.listen(this);
      if (this.addresses.length === 0)
        throw new Error(`no address of ${this._describe()} can be listened on: it has none on this machine`);
    } catch (error) {
      this.#started = null;
      for (const listener of this.#listeners) listener.close();
      throw error;
    }
    this.#loop._resources.add(this);
    if (!started.done()) started.setResult();
  }

  /** @internal */
  *_serve(): CoroutineGenerator<void> {
    if (this.#serving !== null)
      throw new RuntimeError("serveForever() is already being awaited on this server");
    if (this.#closed) throw new RuntimeError("the server is closed: make a new one");
    const serving = (this.#serving = new Future<void>({ loop: this.#loop }));
    serving._origin = waitFor("other", () => `connections at ${this._describe()}`);
    try {
      yield* this._start();
      yield* serving;
    } catch (error) {
      if (isCancelled(error)) {
        this.close();
        yield* this._waitClosed();
      }
      throw error;
    } finally {
      this.#serving = null;
    }
  }

  /** @internal */
  *_waitClosed(): CoroutineGenerator<void> {
    while (!this.#closed || this.#connections.size > 0) yield* this.#closedWaiters.wait();
  }

  #wakeIfOver(): void {
    if (this.#closed && this.#connections.size === 0 && !this.#loop.isClosed()) this.#closedWaiters.wakeAll();
  }
}

const starting = coroInternal(function* startServing(server: Server): CoroutineGenerator<void> {
  yield* server._start();
});

const serving = coroInternal(function* serveForever(server: Server): CoroutineGenerator<void> {
  yield* server._serve();
});

const closing = coroInternal(function* waitClosed(server: Server): CoroutineGenerator<void> {
  yield* server._waitClosed();
});
