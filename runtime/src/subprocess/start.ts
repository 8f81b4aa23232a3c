import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import type { EventLoop } from "../core/event-loop.js";
import { sleep } from "../tasks/sleep.js";
import { untilSettled, waitFor } from "../transports/node-events.js";
import { checkFactory, protocolOf } from "../transports/check-arguments.js";
import { spawnFailure } from "./errors.js";
import { checkCommand, checkOptions, PIPE, spawnOptions, STDOUT, streamsOf } from "./options.js";
import type { Command, Stdio, SubprocessShellOptions } from "./options.js";
import type { SubprocessProtocol, SubprocessTransport } from "./protocol.js";
import { openSocketPair } from "./socket-pair.js";
import type { SocketPair } from "./socket-pair.js";
import { BaseSubprocessTransport, cut, describeCommand } from "./subprocess-transport.js";

/** What `loop.subprocessExec` and `loop.subprocessShell` return. */
export type SubprocessConnection<P> = [transport: SubprocessTransport, protocol: P];

/** @internal What is wrong with them is said at the call, before anything is waited for. */
export function checkArguments(command: Command, options: SubprocessShellOptions): void {
  checkCommand(command);
  checkOptions(options, command);
  streamsOf(options, null);
}

/** @internal @param fallback what streams that are not given are. */
export function startSubprocess<P extends SubprocessProtocol>(
  loop: EventLoop,
  factory: () => P,
  command: Command,
  options: SubprocessShellOptions,
  fallback: Stdio,
): Coroutine<[transport: BaseSubprocessTransport, protocol: P]> {
  checkFactory(factory, command.shell === undefined ? "subprocessExec()" : "subprocessShell()");
  checkArguments(command, options);
  return starting(loop, factory, command, options, fallback) as Coroutine<[BaseSubprocessTransport, P]>;
}

const starting = coroInternal(function* startSubprocess(
  loop: EventLoop,
  factory: () => SubprocessProtocol,
  command: Command,
  options: SubprocessShellOptions,
  fallback: Stdio,
): CoroutineGenerator<[BaseSubprocessTransport, SubprocessProtocol]> {
  const streams = streamsOf(options, fallback);
  const protocol = protocolOf(factory);
  const pair = streams.stdout === PIPE && streams.stderr === STDOUT ? yield* openSocketPair(loop) : null;
  const child = yield* spawned(
    loop,
    command,
    options,
    () => spawn(command.program, command.args, spawnOptions(options, command, streams, pair?.theirs ?? null)),
    pair,
  );
  const transport = new BaseSubprocessTransport(loop, protocol, child, {
    description: describe(command),
    stdout: pair?.ours,
    detached: options.detached,
  });
  try {
    // As asyncio, which lets others run before it returns.
    yield* sleep(0);
  } catch (error) {
    // Cancelled: nobody will ever know of the process (rule SP-07).
    transport.close();
    yield* transport._wait();
    throw error;
  }
  return [transport, protocol];
});

/** Starts the process. One that cannot be started leaves nothing behind (rule SP-14). */
function* spawned(
  loop: EventLoop,
  command: Command,
  options: SubprocessShellOptions,
  start: () => ChildProcess,
  pair: SocketPair | null,
): CoroutineGenerator<ChildProcess> {
  try {
    const child = start();
    if (child.pid !== undefined) return child;
    // Node tells the reason in its next tick.
    for (const stream of child.stdio) stream?.destroy();
    return yield* untilSettled<never>(
      loop,
      waitFor("process", () => `${describe(command)} to start`),
      ({ reject }) => {
        child.on("error", reject);
        return () => undefined;
      },
    );
  } catch (error) {
    pair?.ours.destroy();
    throw spawnFailure(error as NodeJS.ErrnoException, command, options);
  } finally {
    // The process has its own by now.
    pair?.theirs.destroy();
  }
}

function describe({ program, args, shell }: Command): string {
  return shell === undefined ? describeCommand(program, args) : cut(program);
}
