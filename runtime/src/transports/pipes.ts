import { createReadStream, createWriteStream, fstatSync } from "node:fs";
import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { given } from "../core/arguments.js";
import { copyContext } from "../core/context.js";
import { ValueError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import type { Protocol, BufferedProtocol } from "./protocols.js";
import { StreamTransport } from "./stream-transport.js";

/** @internal The transport of a stream that is only read, see `EventLoop.connectReadPipe`. It owns the pipe. */
export function readPipeTransport(
  loop: EventLoop,
  protocol: Protocol | BufferedProtocol,
  pipe: number | Readable,
): StreamTransport {
  const readable = typeof pipe === "number" ? openForReading(pipe) : pipe;
  return pipeTransport(loop, protocol, readable, null, pipe);
}

/** @internal The transport of a stream that is only written, see `EventLoop.connectWritePipe`. It owns the pipe. */
export function writePipeTransport(
  loop: EventLoop,
  protocol: Protocol | BufferedProtocol,
  pipe: number | Writable,
): StreamTransport {
  const writable = typeof pipe === "number" ? openForWriting(pipe) : pipe;
  return pipeTransport(loop, protocol, null, writable, pipe);
}

function pipeTransport(
  loop: EventLoop,
  protocol: Protocol | BufferedProtocol,
  readable: Readable | null,
  writable: Writable | null,
  pipe: unknown,
): StreamTransport {
  const transport = new StreamTransport({
    loop,
    context: copyContext(),
    protocol,
    readable,
    writable,
    extra: { pipe },
  });
  transport._begin();
  return transport;
}

function openForReading(fd: number): Readable {
  if (isFile(fd)) return createReadStream("", { fd });
  return new Socket({ fd, readable: true, writable: false });
}

function openForWriting(fd: number): Writable {
  if (isFile(fd)) return createWriteStream("", { fd });
  return new Socket({ fd, readable: false, writable: true });
}

/** Files and devices are read by threads, pipes and sockets by the kernel's events. */
function isFile(fd: number): boolean {
  if (!Number.isInteger(fd) || fd < 0)
    throw new ValueError(`a pipe is a file descriptor or a stream, got ${given(fd)}`);
  const stat = fstatSync(fd);
  return !stat.isFIFO() && !stat.isSocket();
}
