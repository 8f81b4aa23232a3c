import { EventEmitter } from "node:events";
import { Session } from "node:inspector";

/** What a connection sends through: a WebSocket, or this thread's own inspector. */
export interface CdpSocket {
  readonly readyState: number;
  send(text: string, done: (error?: Error | null) => void): void;
  close(): void;
  terminate(): void;
  on(event: "message", listener: (data: Buffer) => void): unknown;
  on(event: "close" | "error", listener: () => void): unknown;
}

const OPEN = 1;
const CLOSED = 3;

/**
 * The inspector of the V8 that runs this very thread, spoken to as if it were at the other end of a socket: no port is
 * opened and no signal is sent. It must not stop the thread that would have to let it go on: breakpoints and `debugger`
 * statements are passed over while it listens to the Debugger domain.
 */
export class OwnSocket extends EventEmitter implements CdpSocket {
  readonly #session = new Session();
  readyState = OPEN;

  constructor() {
    super();
    this.#session.connect();
    this.#session.on("inspectorNotification", (message) => this.#receive(message));
  }

  send(text: string, done: (error?: Error | null) => void): void {
    const { id, method, params } = JSON.parse(text) as { id: number; method: string; params?: object };
    this.#session.post(method, params, (error, result) => {
      // As V8 itself: an error of the protocol is an answer.
      this.#receive(error === null ? { id, result } : { id, error: { code: 0, message: error.message } });
    });
    if (method === "Debugger.enable") this.#session.post("Debugger.setSkipAllPauses", { skip: true });
    done();
  }

  close(): void {
    if (this.readyState === CLOSED) return;
    this.readyState = CLOSED;
    this.#session.disconnect();
    this.emit("close");
  }

  terminate(): void {
    this.close();
  }

  /** Answers come while the question is being put; a socket's come later. */
  #receive(message: object): void {
    const data = Buffer.from(JSON.stringify(message));
    queueMicrotask(() => this.emit("message", data));
  }
}
