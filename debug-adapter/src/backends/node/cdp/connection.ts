import type { ProtocolMapping } from "devtools-protocol/types/protocol-mapping.js";
import { WebSocket, type RawData } from "ws";
import { OwnSocket, type CdpSocket } from "./own-socket.js";
import { SoleCommand } from "./sole-command.js";

/** Node's own domain; the DevTools definitions do not have it. */
interface NodeCommands {
  "NodeRuntime.enable": { paramsType: []; returnType: undefined };
  "NodeRuntime.notifyWhenWaitingForDisconnect": { paramsType: [{ enabled: boolean }]; returnType: undefined };
}
interface NodeEvents {
  "NodeRuntime.waitingForDisconnect": [];
  "NodeRuntime.waitingForDebugger": [];
}

type Commands = ProtocolMapping.Commands & NodeCommands;
type Events = ProtocolMapping.Events & NodeEvents;
export type Command = keyof Commands;
export type CdpEvent = keyof Events;
type Parameters<M extends Command> = Commands[M]["paramsType"];
type Result<M extends Command> = Commands[M]["returnType"];

/** A command the program answered with an error. */
export class CdpError extends Error {
  constructor(
    readonly method: string,
    readonly code: number,
    message: string,
  ) {
    super(message);
    this.name = "CdpError";
  }
}

/** The program is gone, or never answered. */
export class CdpClosedError extends Error {
  constructor(method: string) {
    super(`the connection to the program closed during ${method}`);
    this.name = "CdpClosedError";
  }
}

interface Pending {
  readonly method: string;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

interface Held extends Pending {
  readonly params: object;
}

/** One reply may carry a whole snapshot; beyond this the connection is given up. */
const MAX_PAYLOAD = 512 * 1024 * 1024;
const OPEN_TIMEOUT_MS = 5000;
/** TCP acknowledges by itself after 40 ms; see {@link CdpConnection}. */
const MAX_ACKNOWLEDGE_DELAY_MS = 15;

/**
 * A Chrome DevTools Protocol connection (https://chromedevtools.github.io/devtools-protocol/v8/).
 * Events are delivered in order and synchronously with the socket, so that a listener of `Debugger.scriptParsed`
 * has always run before `Debugger.paused` arrives.
 */
export class CdpConnection {
  readonly #socket: CdpSocket;
  readonly #pending = new Map<number, Pending>();
  /** What waits until the program can take it. */
  #held: Held[] = [];
  readonly #sole = new SoleCommand(() => this.#flush());
  readonly #listeners = new Map<string, Set<(params: never) => void>>();
  readonly #trace: ((method: string) => void) | undefined;
  #nextId = 1;
  #closed = false;
  /** Ids of the commands that {@link #acknowledge} sent; nobody waits for them. */
  readonly #acknowledging = new Map<number, number>();
  #acknowledgement: NodeJS.Timeout | undefined;
  #acknowledgeAt = Infinity;
  /** Settles when the connection has ended, however it did. */
  readonly closed: Promise<void>;

  private constructor(socket: CdpSocket, trace?: (method: string) => void) {
    this.#socket = socket;
    this.#trace = trace;
    socket.on("message", (data) => this.#receive(data));
    this.closed = new Promise((resolve) => {
      socket.on("close", () => {
        this.#closed = true;
        for (const { reject, method } of [...this.#pending.values(), ...this.#held])
          reject(new CdpClosedError(method));
        this.#pending.clear();
        this.#held = [];
        resolve();
      });
    });
    // An error is always followed by close, which is where it is handled.
    socket.on("error", () => undefined);
  }

  /** @param trace is told the name of each command sent (for tests and logs). */
  static open(url: string, trace?: (method: string) => void): Promise<CdpConnection> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, {
        perMessageDeflate: false,
        // Else messages that come together are handled one behind the other before whoever waits for the first one
        // goes on: the news of what a command has done would meet somebody who does not know yet that it was done.
        allowSynchronousEvents: false,
        maxPayload: MAX_PAYLOAD,
        handshakeTimeout: OPEN_TIMEOUT_MS,
      });
      socket.once("error", reject);
      socket.once("open", () => {
        socket.off("error", reject);
        resolve(new CdpConnection(socket, trace));
      });
    });
  }

  /** A connection to the program that this code runs in, on the thread it runs on. */
  static toItself(): CdpConnection {
    return new CdpConnection(new OwnSocket());
  }

  get isClosed(): boolean {
    return this.#closed;
  }

  send<M extends Command>(method: M, ...[params]: Parameters<M>): Promise<Result<M>> {
    if (this.#closed) return Promise.reject(new CdpClosedError(method));
    return new Promise((resolve, reject) => {
      const command = { method, params: params ?? {}, resolve: resolve as (result: unknown) => void, reject };
      if (this.#sole.busy || this.#held.length > 0) this.#held.push(command);
      else this.#write(command);
    });
  }

  #write({ params, ...pending }: Held): void {
    const id = this.#nextId++;
    this.#trace?.(pending.method);
    this.#sole.sent(id, pending.method, params);
    this.#pending.set(id, pending);
    this.#socket.send(JSON.stringify({ id, method: pending.method, params }), (error) => {
      if (error instanceof Error && this.#pending.delete(id))
        pending.reject(new CdpClosedError(pending.method));
    });
  }

  #flush(): void {
    while (!this.#closed && !this.#sole.busy && this.#held.length > 0) this.#write(this.#held.shift()!);
  }

  /** Returns a function that stops listening. */
  on<E extends CdpEvent>(event: E, listener: (...args: Events[E]) => void): () => void {
    let set = this.#listeners.get(event);
    if (set === undefined) this.#listeners.set(event, (set = new Set()));
    const entry = listener as unknown as (params: never) => void;
    set.add(entry);
    return () => set.delete(entry);
  }

  /**
   * Node's inspector leaves Nagle's algorithm on: its second small message in a row waits for the acknowledgement
   * of the first, which our side of TCP delays by 40 ms. Sending anything carries the acknowledgement along (a step
   * takes 5 ms this way instead of 130). The answer to that is a small message again, so a few more follow at
   * growing distances; when nothing was asked for a while it ends.
   */
  #acknowledge(delay: number): void {
    if (this.#acknowledgeAt <= performance.now() + delay) return;
    this.#acknowledgeAt = performance.now() + delay;
    clearTimeout(this.#acknowledgement);
    this.#acknowledgement = setTimeout(() => {
      this.#acknowledgeAt = Infinity;
      if (this.#closed || this.#socket.readyState !== WebSocket.OPEN || this.#sole.busy) return;
      const id = this.#nextId++;
      this.#acknowledging.set(id, delay);
      this.#socket.send(JSON.stringify({ id, method: "Runtime.getIsolateId" }), () => undefined);
    }, delay).unref();
  }

  /** True for the answer to one of {@link #acknowledge}. */
  #isAcknowledgement(id: number): boolean {
    const delay = this.#acknowledging.get(id);
    if (delay === undefined) return false;
    this.#acknowledging.delete(id);
    if (delay < MAX_ACKNOWLEDGE_DELAY_MS) this.#acknowledge(delay * 2 + 1);
    return true;
  }

  close(): void {
    this.#socket.close();
    // A program that is stuck never answers the closing handshake.
    setTimeout(() => this.#socket.terminate(), 500).unref();
  }

  #receive(data: RawData): void {
    const message = JSON.parse((data as Buffer).toString("utf8")) as {
      id?: number;
      method?: string;
      params?: unknown;
      result?: unknown;
      error?: { code: number; message: string };
    };
    if (message.id !== undefined && this.#isAcknowledgement(message.id)) return;
    this.#acknowledge(0);
    this.#sole.received(message);
    if (message.id !== undefined) {
      const pending = this.#pending.get(message.id);
      this.#pending.delete(message.id);
      if (pending === undefined) return;
      const { error } = message;
      if (error) pending.reject(new CdpError(pending.method, error.code, error.message));
      else pending.resolve(message.result);
    } else if (message.method !== undefined) {
      for (const listener of this.#listeners.get(message.method) ?? []) listener(message.params as never);
    }
  }
}
