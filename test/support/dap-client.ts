/* eslint-disable @typescript-eslint/no-explicit-any -- bodies of DAP messages, looked into by tests */
import type { DebugProtocol } from "@vscode/debugprotocol";
import { FrameReader } from "../../debug-adapter/src/framing/frame-reader.js";
import type { Readable, Writable } from "node:stream";

/** How long a test waits for anything, in milliseconds. */
export const PATIENCE_MS = 40_000;

export interface Failure {
  readonly id: number;
  readonly message: string;
  readonly showUser: boolean;
}

/** An error response, thrown by {@link DapClient.request}. */
export class DapError extends Error {
  constructor(
    readonly command: string,
    readonly failure: Failure,
  ) {
    super(`${command}: ${failure.message}`);
  }
}

type Event = DebugProtocol.Event & { body?: any };

/** A small Debug Adapter Protocol client: requests as promises, events kept in order and waited for by condition. */
export class DapClient {
  readonly #output: Writable;
  readonly #pending = new Map<number, (response: DebugProtocol.Response | undefined) => void>();
  readonly #waiting = new Set<() => void>();
  #seq = 1;
  #closed = false;
  /** Every event so far, in order. */
  readonly events: Event[] = [];
  /** Answers the requests that adapters send (`runInTerminal`). */
  onRequest: (request: DebugProtocol.Request) => Promise<object | undefined> = () =>
    Promise.reject(new Error("not supported"));

  constructor(input: Readable, output: Writable) {
    this.#output = output;
    output.on("error", () => undefined);
    const reader = new FrameReader({
      message: (message) => this.#receive(message as unknown as DebugProtocol.ProtocolMessage),
      problem: (text) => {
        throw new Error(`the adapter sent something that is no message: ${text}`);
      },
    });
    input.on("data", (chunk: Buffer) => reader.push(chunk));
    input.on("close", () => this.#close());
    input.on("end", () => this.#close());
  }

  #close(): void {
    this.#closed = true;
    for (const settle of this.#pending.values()) settle(undefined);
    this.#pending.clear();
    for (const check of this.#waiting) check();
  }

  #receive(message: DebugProtocol.ProtocolMessage): void {
    if (message.type === "response") {
      const response = message as DebugProtocol.Response;
      const settle = this.#pending.get(response.request_seq);
      if (settle === undefined)
        throw new Error(`a second response to ${response.command} ${response.request_seq}`);
      this.#pending.delete(response.request_seq);
      settle(response);
    } else if (message.type === "event") {
      this.events.push(message as Event);
    } else void this.#serve(message as DebugProtocol.Request);
    for (const check of this.#waiting) check();
  }

  async #serve(request: DebugProtocol.Request): Promise<void> {
    const response = { type: "response", request_seq: request.seq, command: request.command, success: true };
    try {
      this.raw({ ...response, seq: this.#seq++, body: await this.onRequest(request) });
    } catch (error) {
      this.raw({ ...response, seq: this.#seq++, success: false, message: (error as Error).message });
    }
  }

  /** Sends any object as a frame. */
  raw(message: unknown): void {
    this.bytes(JSON.stringify(message));
  }

  /** Sends any text as the body of a well-formed frame. */
  bytes(body: string): void {
    this.#output.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }

  /** Sends any bytes as they are. */
  write(data: string | Buffer): void {
    this.#output.write(data);
  }

  /** Sends a request; resolves with the body of its response, rejects with {@link DapError}. */
  async request<T = any>(command: string, args?: unknown): Promise<T> {
    const seq = this.#seq++;
    if (this.#closed) throw new Error(`the adapter has ended; ${command} was not sent`);
    const answer = new Promise<DebugProtocol.Response>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`no response to ${command} within ${PATIENCE_MS} ms`)),
        PATIENCE_MS,
      );
      this.#pending.set(seq, (response) => {
        clearTimeout(timer);
        if (response === undefined) reject(new Error(`the adapter ended before it answered ${command}`));
        else resolve(response);
      });
    });
    this.raw({ type: "request", seq, command, ...(args === undefined ? {} : { arguments: args }) });
    const response = await answer;
    if (response.success) return response.body as T;
    const error = (response.body as { error?: { id: number; showUser: boolean } } | undefined)?.error;
    throw new DapError(command, {
      id: error?.id ?? 0,
      message: response.message ?? "",
      showUser: error?.showUser === true,
    });
  }

  /** The error that a request answers with; fails when it succeeds. */
  async failure(command: string, args?: unknown): Promise<Failure> {
    try {
      await this.request(command, args);
    } catch (error) {
      if (error instanceof DapError) return error.failure;
      throw error;
    }
    throw new Error(`${command} succeeded`);
  }

  /** Waits until `find` gives something; it is asked again after each message. */
  until<T>(find: () => T | undefined, what: string, patience = PATIENCE_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const found = find();
        if (found !== undefined) finish(() => resolve(found));
        else if (this.#closed) finish(() => reject(new Error(`the adapter ended while waiting for ${what}`)));
      };
      const finish = (settle: () => void): void => {
        clearTimeout(timer);
        this.#waiting.delete(check);
        settle();
      };
      const timer = setTimeout(() => {
        const seen = this.events.map(
          ({ event, body }) => `${event} ${JSON.stringify(body ?? null).slice(0, 200)}`,
        );
        finish(() =>
          reject(new Error(`waited ${patience} ms for ${what}; events:\n${seen.slice(-20).join("\n")}`)),
        );
      }, patience);
      this.#waiting.add(check);
      check();
    });
  }

  /** Waits for an event, also one that came already (from index `from` on). */
  event(name: string, matches: (body: any) => boolean = () => true, from = 0): Promise<any> {
    return this.until(
      () => this.events.slice(from).find(({ event, body }) => event === name && matches(body)),
      `the event '${name}'`,
    ).then(({ body }) => body ?? {});
  }

  /** Everything written so far in a category. */
  output(category: string): string {
    return this.events
      .filter(({ event, body }) => event === "output" && body.category === category)
      .map(({ body }) => String(body.output))
      .join("");
  }
}
