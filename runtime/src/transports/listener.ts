import { createServer, Server as NodeServer } from "node:net";
import type { ListenOptions, Socket } from "node:net";
import type { CoroutineGenerator } from "../core/coroutine.js";
import type { EventLoop } from "../core/event-loop.js";
import { addressOf, inWords } from "./address.js";
import type { SocketAddress } from "./address.js";
import { untilSettled, waitFor } from "./node-events.js";
import type { Server } from "./server.js";
import type { UnixSocketFile } from "./unix-socket-file.js";

/** At most one report a second that connections cannot be accepted (rule SV-07). */
const REPORT_EVERY = 1000;
const OUT_OF_RESOURCES = new Set(["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM"]);

/** @internal An address, a descriptor, or what listens already. */
export type ListenAt = ListenOptions | { readonly fd: number; readonly backlog: number } | NodeServer;

/** @internal One listening socket of a server. */
export class Listener {
  server: NodeServer | null = null;
  #lastReport = -Infinity;

  constructor(
    readonly loop: EventLoop,
    /** Where it is to listen. */
    readonly wanted: SocketAddress | string,
    readonly options: ListenAt,
    readonly keepAlive: boolean,
    readonly file: UnixSocketFile | null,
    /** Told of each connection. */
    readonly accept: (socket: Socket, server: Server) => void,
  ) {}

  get address(): SocketAddress | string | undefined {
    if (this.server === null) return undefined;
    return addressOf(this.server) ?? (typeof this.wanted === "string" ? this.wanted : undefined);
  }

  /** Begins to listen. An address that this machine has not is passed over. */
  *listen(owner: Server): CoroutineGenerator<void> {
    const server =
      this.options instanceof NodeServer
        ? this.#take(this.options, owner)
        : yield* this.#open(this.options, owner);
    if (server === null) return;
    this.server = server;
    this.file?.created();
    // The running loop keeps the process alive.
    server.unref();
    server.on("error", (error) => this.#failed(error));
  }

  /** To be called before it listens: at a descriptor somebody may be waiting already. */
  #onConnection(server: NodeServer, owner: Server): void {
    server.on("connection", (socket) => {
      if (this.loop.isClosed()) socket.destroy();
      else this.accept(socket, owner);
    });
  }

  /** A server of the program's: it makes its connections as ours do from now on. */
  #take(server: NodeServer, owner: Server): NodeServer {
    this.#onConnection(server, owner);
    return Object.assign(server, { allowHalfOpen: true, noDelay: true, keepAlive: this.keepAlive });
  }

  *#open(options: Exclude<ListenAt, NodeServer>, owner: Server): CoroutineGenerator<NodeServer | null> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: this.keepAlive });
    this.#onConnection(server, owner);
    this.file?.removeStale();
    try {
      yield* untilSettled(
        this.loop,
        waitFor("other", () => `listening at ${inWords(this.wanted)}`),
        ({ resolve, reject }) => {
          server.once("listening", resolve);
          server.once("error", reject);
          server.listen(options);
          return () => server.off("listening", resolve).off("error", reject);
        },
      );
    } catch (error) {
      server.on("error", () => undefined);
      server.close();
      if (
        (error as NodeJS.ErrnoException).code === "EADDRNOTAVAIL" &&
        "ipv6Only" in options &&
        options.ipv6Only === true
      )
        return null;
      throw error;
    }
    return server;
  }

  close(): void {
    const server = this.server;
    this.server = null;
    if (server === null) return;
    if (this.file === null) server.close();
    else this.file.closing(() => server.close());
  }

  /** Node turns away those that it has no descriptor for, and goes on accepting. */
  #failed(exception: Error & { readonly code?: string }): void {
    if (this.loop.isClosed()) return;
    const outOfResources = OUT_OF_RESOURCES.has(exception.code ?? "");
    const now = performance.now();
    if (outOfResources && now - this.#lastReport < REPORT_EVERY) return;
    this.#lastReport = now;
    this.loop.callExceptionHandler({
      message: outOfResources
        ? `accepting at ${inWords(this.wanted)} is out of system resources: connections are turned away`
        : `accepting at ${inWords(this.wanted)} failed`,
      exception,
      socket: this.server,
    });
  }
}
