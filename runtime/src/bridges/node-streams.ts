import { Readable, Writable } from "node:stream";
import { given } from "../core/arguments.js";
import { getRunningLoop } from "../core/running-loop.js";
import type { EventLoop } from "../core/event-loop.js";
import type { StreamLimit } from "../streams/open-connection.js";
import { StreamReader } from "../streams/stream-reader.js";
import { StreamReaderProtocol } from "../streams/stream-reader-protocol.js";
import { StreamWriter } from "../streams/stream-writer.js";
import { readPipeTransport, writePipeTransport } from "../transports/pipes.js";

/**
 * A StreamReader over a stream of Node's, which it owns from then on: the end of the loop destroys it. Reading holds
 * the stream back as its own consumers do.
 * @throws TypeError for a stream of objects or strings: read that with `iterate`.
 * @example const lines = openReader(createReadStream("access.log"));
 */
export function openReader(readable: Readable, options: StreamLimit = {}): StreamReader {
  if (!(readable instanceof Readable))
    throw new TypeError(`openReader() takes a Readable of Node's, got ${given(readable)}`);
  if (readable.readableObjectMode || readable.readableEncoding !== null)
    throw new TypeError("openReader() reads bytes: use iterate() for a stream of objects or strings");
  const loop = getRunningLoop();
  const protocol = makeProtocol(loop, options);
  readPipeTransport(loop, protocol, readable);
  return protocol._reader;
}

/**
 * A StreamWriter over a stream of Node's, which it owns from then on: closing it ends the stream, the end of the loop
 * destroys it. Not for `process.stdout`, which others write to as well.
 * @throws TypeError for a stream of objects.
 */
export function openWriter(writable: Writable): StreamWriter {
  if (!(writable instanceof Writable))
    throw new TypeError(`openWriter() takes a Writable of Node's, got ${given(writable)}`);
  if (writable.writableObjectMode) throw new TypeError("openWriter() writes bytes, not objects");
  const loop = getRunningLoop();
  const protocol = makeProtocol(loop, {});
  return new StreamWriter(writePipeTransport(loop, protocol, writable), protocol, null, loop);
}

function makeProtocol(loop: EventLoop, { limit }: StreamLimit): StreamReaderProtocol {
  return new StreamReaderProtocol(new StreamReader({ limit, loop }), null, { loop });
}
