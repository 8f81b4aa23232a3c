import type { Socket } from "node:net";
import { isIP } from "node:net";
import { connect, createServer } from "node:tls";
import type { ConnectionOptions, Server, TLSSocket, TlsOptions } from "node:tls";
import { checkOptions, given } from "../core/arguments.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import { ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import type { TimerHandle } from "../core/handle.js";
import { ConnectionResetError } from "./errors.js";
import type { Settle } from "./node-events.js";
import { untilSettled, waitFor } from "./node-events.js";

/** Milliseconds for a TLS handshake, unless said otherwise. */
const HANDSHAKE_TIMEOUT = 60_000;
/** Milliseconds for the end of a TLS connection, unless said otherwise. */
const SHUTDOWN_TIMEOUT = 30_000;

/** How long TLS may take. */
export interface TlsTimeouts {
  /** Milliseconds after which a handshake is given up. Default 60 000. */
  readonly tlsHandshakeTimeout?: number | undefined;
  /** Milliseconds after which `close()` becomes `abort()`. Default 30 000. */
  readonly tlsShutdownTimeout?: number | undefined;
}

/** TLS for the side that connects. */
export interface ClientTlsOptions extends TlsTimeouts {
  /** As `tls.connect` takes it; true for the defaults. */
  readonly tls?: ConnectionOptions | boolean | undefined;
  /** Name in the peer's certificate. Default: the host. */
  readonly serverHostname?: string | undefined;
}

/** TLS for the side that accepts. */
export interface ServerTlsOptions extends TlsTimeouts {
  /** As `tls.createServer` takes it: at least `key` and `cert`. */
  readonly tls?: TlsOptions | undefined;
}

/** @internal @throws ValueError for a timeout that is not positive (rule TP-16). */
export function checkTimeouts(options: TlsTimeouts | undefined): {
  readonly tlsHandshakeTimeout: number;
  readonly tlsShutdownTimeout: number;
} {
  if (options === undefined) throw new TypeError("options are missing: say where to, { host, port }");
  checkOptions(options, "a connection or server");
  const tlsHandshakeTimeout = options.tlsHandshakeTimeout ?? HANDSHAKE_TIMEOUT;
  const tlsShutdownTimeout = options.tlsShutdownTimeout ?? SHUTDOWN_TIMEOUT;
  if (typeof tlsHandshakeTimeout !== "number" || !(tlsHandshakeTimeout > 0))
    throw new ValueError(
      `tlsHandshakeTimeout must be positive milliseconds, got ${given(tlsHandshakeTimeout)}`,
    );
  if (typeof tlsShutdownTimeout !== "number" || !(tlsShutdownTimeout > 0))
    throw new ValueError(
      `tlsShutdownTimeout must be positive milliseconds, got ${given(tlsShutdownTimeout)}`,
    );
  return { tlsHandshakeTimeout, tlsShutdownTimeout };
}

/**
 * @internal Makes the handshake over `raw`, as the side that connects. However it fails, the socket is closed.
 * @throws ConnectionResetError after the timeout, or when the peer goes away.
 */
export function* clientHandshake(
  loop: EventLoop,
  raw: Socket,
  options: ClientTlsOptions,
  host: string | undefined,
): CoroutineGenerator<TLSSocket> {
  const { tlsHandshakeTimeout } = checkTimeouts(options);
  const name = options.serverHostname ?? host;
  const ownOptions = typeof options.tls === "object" ? options.tls : {};
  let socket: TLSSocket | null = null;
  try {
    return yield* handshake(loop, raw, tlsHandshakeTimeout, ({ resolve, reject }) => {
      const opened = connect({
        ...(name === undefined ? {} : { host: name }),
        ...(name === undefined || isIP(name) !== 0 ? {} : { servername: name }),
        ...ownOptions,
        socket: raw,
      });
      socket = opened;
      opened.once("secureConnect", () => resolve(opened));
      // Stays: nothing of it may be an error that nobody hears of.
      opened.on("error", reject);
      return () => undefined;
    });
  } catch (error) {
    (socket as TLSSocket | null)?.destroy();
    throw error;
  }
}

/** @internal Makes TLS servers' sides of handshakes; listens nowhere itself. */
export class TlsAcceptor {
  readonly #server: Server;
  readonly #timeout: number;

  constructor(options: ServerTlsOptions) {
    this.#timeout = checkTimeouts(options).tlsHandshakeTimeout;
    this.#server = createServer({ ...options.tls, handshakeTimeout: 2 ** 31 - 1 });
    // Those who wait hear of it from the sockets.
    this.#server.on("tlsClientError", () => undefined);
  }

  /** Makes the handshake over `raw`, as the side that accepts. However it fails, the socket is closed. */
  accept(loop: EventLoop, raw: Socket): CoroutineGenerator<TLSSocket> {
    const server = this.#server;
    return handshake(loop, raw, this.#timeout, ({ resolve, reject }) => {
      const secured = (socket: TLSSocket): void => {
        if (parentOf(socket) === raw) resolve(socket);
      };
      const failed = (error: Error, socket: TLSSocket): void => {
        if (parentOf(socket) === raw) reject(error);
      };
      server.on("secureConnection", secured).on("tlsClientError", failed);
      // The documented way to hand a socket to a TLS server.
      server.emit("connection", raw);
      return () => server.off("secureConnection", secured).off("tlsClientError", failed);
    });
  }
}

/** The socket under a TLS socket: the two have the same ends. */
function parentOf(socket: TLSSocket): Socket | undefined {
  return (socket as TLSSocket & { readonly _parent?: Socket })._parent;
}

function* handshake(
  loop: EventLoop,
  raw: Socket,
  timeout: number,
  start: (settle: Settle<TLSSocket>) => () => void,
): CoroutineGenerator<TLSSocket> {
  let timer: TimerHandle | null = null;
  try {
    return yield* untilSettled<TLSSocket>(
      loop,
      waitFor("other", () => "a TLS handshake"),
      (settle) => {
        // TLS takes it over: a peer that ends one direction has ended.
        raw.allowHalfOpen = false;
        // An error of the socket below comes up through TLS.
        raw.on("error", settle.reject);
        const closed = (): void =>
          settle.reject(new ConnectionResetError("the peer closed the connection during the TLS handshake"));
        raw.once("close", closed);
        timer = loop.callLater(timeout, () =>
          settle.reject(
            new ConnectionResetError(`the TLS handshake took longer than ${timeout} ms: it was given up`),
          ),
        );
        const stop = start(settle);
        return () => {
          raw.off("close", closed);
          stop();
        };
      },
    );
  } catch (error) {
    raw.destroy();
    throw error;
  } finally {
    (timer as TimerHandle | null)?.cancel();
  }
}
