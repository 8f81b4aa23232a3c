import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CoroutineGenerator } from "../core/coroutine.js";
import { RuntimeError } from "../core/errors.js";
import type { EventLoop } from "../core/event-loop.js";
import { untilSettled, waitFor } from "../transports/node-events.js";

/** A path of a Unix socket has 108 bytes, 104 on macOS. */
const LONGEST_FOLDER = 80;

/** @internal Two sockets that are connected to each other. */
export interface SocketPair {
  readonly ours: Socket;
  readonly theirs: Socket;
}

/**
 * @internal One stream for both stdout and stderr of a process: Node makes a pipe for each, and has no way to give it
 * the same one twice. A socket in a folder that only this user can enter is connected to itself, and removed.
 * @throws RuntimeError on Windows, where a process cannot inherit such a socket.
 */
export function* openSocketPair(loop: EventLoop): CoroutineGenerator<SocketPair> {
  if (process.platform === "win32")
    throw new RuntimeError(
      "stderr: STDOUT cannot be combined with stdout: PIPE on Windows: use createSubprocessShell() with 2>&1",
    );
  const base = Buffer.byteLength(tmpdir()) <= LONGEST_FOLDER ? tmpdir() : "/tmp";
  const folder = mkdtempSync(join(base, "asyncscope-"));
  const path = join(folder, "s");
  const server = createServer();
  let ours: Socket | null = null;
  let theirs: Socket | null = null;
  try {
    yield* untilSettled(
      loop,
      waitFor("other", () => "a pipe"),
      ({ resolve, reject }) => {
        const connected = (): void => {
          if (ours !== null && theirs?.connecting === false) resolve(null);
        };
        server.once("error", reject);
        server.once("connection", (socket) => {
          ours = socket;
          connected();
        });
        server.listen(path, () => {
          theirs = connect(path).pause();
          theirs.once("connect", connected).once("error", reject);
        });
        return () => undefined;
      },
    );
    return { ours: ours!, theirs: theirs! };
  } catch (error) {
    for (const socket of [ours, theirs] as (Socket | null)[]) socket?.on("error", () => undefined).destroy();
    throw error;
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
