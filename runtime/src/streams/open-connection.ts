import { checkOptions } from "../core/arguments.js";
import { coroInternal } from "../core/coroutine.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import type { EventLoop } from "../core/event-loop.js";
import { getRunningLoop } from "../core/running-loop.js";
import { createConnection, createUnixConnection } from "../transports/connect.js";
import type { ConnectionOptions, UnixConnectionOptions } from "../transports/connect.js";
import type { Connection } from "../transports/protocols.js";
import { checkLimit, StreamReader } from "./stream-reader.js";
import { StreamReaderProtocol } from "./stream-reader-protocol.js";
import { StreamWriter } from "./stream-writer.js";

/** Both halves of a connection. */
export interface StreamPair {
  /** What arrives. */
  readonly reader: StreamReader;
  /** What is sent; closing it ends the connection. */
  readonly writer: StreamWriter;
}

/** What streams take beside the options of their connection. */
export interface StreamLimit {
  /** The longest line, in bytes. Default 64 KiB. */
  readonly limit?: number | undefined;
}

/**
 * Connects to `host` and `port`, with `tls` over TLS.
 * @throws as `loop.createConnection`.
 * @example
 * const { reader, writer } = yield* openConnection({ host: "example.org", port: 80 });
 * writer.write(Buffer.from("GET / HTTP/1.0\r\n\r\n"));
 * const answer = yield* reader.read();
 */
export const openConnection = coroInternal(function* openConnection(
  options: ConnectionOptions & StreamLimit,
): CoroutineGenerator<StreamPair> {
  const loop = getRunningLoop();
  checkStreamOptions(options, "openConnection()");
  return join(loop, yield* createConnection(loop, () => makeProtocol(loop, options), options));
});

/** Connects to the Unix socket at `path`, or to a named pipe on Windows. */
export const openUnixConnection = coroInternal(function* openUnixConnection(
  path: string,
  options: UnixConnectionOptions & StreamLimit = {},
): CoroutineGenerator<StreamPair> {
  const loop = getRunningLoop();
  checkStreamOptions(options, "openUnixConnection()");
  return join(loop, yield* createUnixConnection(loop, () => makeProtocol(loop, options), path, options));
});

function checkStreamOptions(options: StreamLimit | undefined, who: string): void {
  if (options === undefined) throw new TypeError(`${who} needs to know where to: { host, port }`);
  checkOptions(options, who);
  if (options.limit !== undefined) checkLimit(options.limit);
}

function makeProtocol(loop: EventLoop, { limit }: StreamLimit): StreamReaderProtocol {
  return new StreamReaderProtocol(new StreamReader({ limit, loop }), null, { loop });
}

function join(loop: EventLoop, [transport, protocol]: Connection<StreamReaderProtocol>): StreamPair {
  const reader = protocol._reader;
  return { reader, writer: new StreamWriter(transport, protocol, reader, loop) };
}
