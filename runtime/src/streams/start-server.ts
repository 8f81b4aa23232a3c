import { checkCallable, checkOptions } from "../core/arguments.js";
import { coroInternal } from "../core/coroutine.js";
import type { CoroutineGenerator } from "../core/coroutine.js";
import { getRunningLoop } from "../core/running-loop.js";
import { createServer, createUnixServer } from "../transports/listen.js";
import type { TcpServerOptions, UnixServerOptions } from "../transports/listen.js";
import type { Server } from "../transports/server.js";
import type { StreamLimit } from "./open-connection.js";
import { checkLimit, StreamReader } from "./stream-reader.js";
import { StreamReaderProtocol } from "./stream-reader-protocol.js";
import type { ClientConnected } from "./stream-reader-protocol.js";

/**
 * Accepts connections and runs `onClient(reader, writer)` for each, as a task of its own. An error of one goes to the
 * loop's exception handler, and closes that connection only (rule SW-09).
 * @example
 * const server = yield* startServer(function* (reader, writer) {
 *   let line;
 *   while ((line = yield* reader.nextLine()) !== null) {
 *     writer.write(line);
 *     yield* writer.drain();
 *   }
 *   writer.close();
 * }, { host: "127.0.0.1", port: 8888 });
 * yield* server.serveForever();
 */
export const startServer = coroInternal(function* startServer(
  onClient: ClientConnected,
  options: TcpServerOptions & StreamLimit = {},
): CoroutineGenerator<Server> {
  return yield* createServer(getRunningLoop(), protocolFactory(onClient, options), options);
});

/** As {@link startServer}, at the Unix socket `path`, or a named pipe on Windows; null with the option `socket`. */
export const startUnixServer = coroInternal(function* startUnixServer(
  onClient: ClientConnected,
  path: string | null,
  options: UnixServerOptions & StreamLimit = {},
): CoroutineGenerator<Server> {
  return yield* createUnixServer(getRunningLoop(), protocolFactory(onClient, options), path, options);
});

function protocolFactory(onClient: ClientConnected, options: StreamLimit): () => StreamReaderProtocol {
  checkCallable(onClient, "a server needs a function (reader, writer) that is told of each client");
  checkOptions(options, "a server");
  const { limit } = options;
  // Said now, not to the first client.
  if (limit !== undefined) checkLimit(limit);
  const loop = getRunningLoop();
  return () => new StreamReaderProtocol(new StreamReader({ limit, loop }), onClient, { loop });
}
