import { createServer } from "node:net";
import type { ListenOptions, Server as NodeServer, Socket } from "node:net";
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

/** @internal One listening socket of a server. */
export class Listener {
  server: NodeServer | null = null;
  #lastReport = -Infinity;

  constructor(
    readonly loop: EventLoop,
    /** Where it is to listen. */
    readonly wanted: SocketAddress | string,
    readonly options: ListenOptions,
    readonly keepAlive: boolean,
    readonly file: UnixSocketFile | null,
    /** Told of each connection. */
    readonly accept: (socket: Socket, server: Server) => void,
  ) {}

  get address(): SocketAddress | string | undefined {
    if (this.server === null) return undefined;
    return typeof this.wanted === "string" ? this.wanted : addressOf(this.server);
  }

  /** Begins to listen. An address that this machine has not is passed over. */
  *listen(owner: Server): CoroutineGenerator<void> {
    const server = createServer({ allowHalfOpen: true, noDelay: true, keepAlive: this.keepAlive });
    this.file?.removeStale();
    try {
      yield* untilSettled(
        this.loop,
        waitFor("other", () => `listening at ${inWords(this.wanted)}`),
        ({ resolve, reject }) => {
          server.once("listening", resolve);
          server.once("error", reject);
          server.listen(this.options);
          return () => server.off("listening", resolve).off("error", reject);
        },
      );
    } catch (error) {
      server.on("error", () => undefined);
      server.close();
      if ((error as NodeJS.ErrnoException).code === "EADDRNOTAVAIL" && this.options.ipv6Only === true) return;
      throw error;
    }
    this.server = server;
    this.file?.created();
    // The running loop keeps the process alive.
    server.unref();
    server.on("error", (error) => this.#failed(error));
    server.on("connection", (socket) => {
      if (this.loop.isClosed()) socket.destroy();
      else this.accept(socket, owner);
    });
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
