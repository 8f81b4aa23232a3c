import type { BaseProtocol } from "../transports/protocols.js";
import type { BaseTransport, ReadTransport, WriteTransport } from "../transports/transport.js";

/** What is told of a subprocess. Methods are called outside of any task; one that is left out is not called. */
export interface SubprocessProtocol extends BaseProtocol {
  connectionMade?(transport: SubprocessTransport): void;
  /** Bytes of stdout (1) or stderr (2). For each, all come before its `pipeConnectionLost` (rule SP-12). */
  pipeDataReceived?(fd: 1 | 2, data: Buffer): void;
  /** A pipe has ended. @param error null when it ended well or was closed by this side. */
  pipeConnectionLost?(fd: 0 | 1 | 2, error: Error | null): void;
  /** The process has ended. May come before its last data: what it wrote may still be in the pipes (rule SP-12). */
  processExited?(): void;
}

/** A running subprocess with its pipes. Made by `loop.subprocessExec` and `loop.subprocessShell`. */
export interface SubprocessTransport extends BaseTransport {
  /** Of a shell: the shell's. */
  getPid(): number;
  /** Null while it runs; negative, the number of the signal that ended it (rule SP-04). */
  getReturnCode(): number | null;
  /** Null when there is no pipe at `fd`: 0 is its stdin, 1 its stdout, 2 its stderr. */
  getPipeTransport(fd: 0): WriteTransport | null;
  /** Its stdout (1) or stderr (2). */
  getPipeTransport(fd: 1 | 2): ReadTransport | null;
  /** Of a number that is known when the program runs. */
  getPipeTransport(fd: number): BaseTransport | null;
  /**
   * Does nothing when it has just ended.
   * @throws ProcessLookupError once its end was told (rule SP-10); TypeError for an unknown signal.
   */
  sendSignal(signal: NodeJS.Signals | number): void;
  /** Asks it to end: SIGTERM. On Windows it is ended at once. */
  terminate(): void;
  /** Ends it: SIGKILL. Of a shell: only the shell, not what that has started. */
  kill(): void;
  /** Closes its pipes, and kills it if it still runs (rule SP-09). */
  close(): void;
}
