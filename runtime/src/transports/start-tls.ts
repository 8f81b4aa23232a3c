import type { ConnectionOptions, TlsOptions } from "node:tls";
import { coroInternal } from "../core/coroutine.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import { RuntimeError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import type { StreamProtocol } from "./connect.js";
import { socketTransport } from "./socket-transport.js";
import { StreamTransport } from "./stream-transport.js";
import { checkTimeouts, clientHandshake, TlsAcceptor } from "./tls.js";
import type { TlsTimeouts } from "./tls.js";
import type { Transport } from "./transport.js";

/** Options of `loop.startTls` and `StreamWriter.startTls`. */
export interface StartTlsOptions extends TlsTimeouts {
  /** As `tls.connect` or, for the side that accepted, `tls.createServer` takes it. */
  readonly tls?: ConnectionOptions | TlsOptions | undefined;
  /** Which side of the handshake this is. Default false. */
  readonly serverSide?: boolean | undefined;
  /** Name in the peer's certificate. Needed unless this is the server's side. */
  readonly serverHostname?: string | undefined;
}

/**
 * @internal See `EventLoop.startTls`.
 * @param received what the protocol has got and does not want: it belongs to TLS (rule SW-10).
 */
export const startTls = coroInternal(function* startTls(
  loop: EventLoop,
  transport: Transport,
  protocol: StreamProtocol,
  options: StartTlsOptions,
  received: () => Buffer,
): CoroutineGenerator<Transport> {
  const { tlsHandshakeTimeout, tlsShutdownTimeout } = checkTimeouts(options);
  if (!(transport instanceof StreamTransport) || transport.getExtraInfo("sslObject") !== undefined)
    throw new RuntimeError("TLS can only start on a plain connection made by the runtime");
  const raw = transport._giveUp();
  const owner = transport._owner;
  const end = (): void => void raw.destroy();
  const connection = { close: end, abort: end };
  owner?._attach(connection);
  try {
    const before = received();
    if (before.length > 0) raw.unshift(before);
    const secured =
      options.serverSide === true
        ? yield* new TlsAcceptor({ tls: options.tls as TlsOptions, tlsHandshakeTimeout }).accept(loop, raw)
        : yield* clientHandshake(
            loop,
            raw,
            {
              tls: options.tls as ConnectionOptions,
              serverHostname: options.serverHostname,
              tlsHandshakeTimeout,
            },
            undefined,
          );
    const replacement = socketTransport(secured, {
      loop,
      context: transport._context,
      protocol,
      owner,
      tlsShutdownTimeout,
    });
    replacement._beginReading();
    return replacement;
  } finally {
    owner?._detach(connection);
  }
});
