/** The methods of the event loop that start processes, see transports/loop-methods.ts. */
import type { Coroutine } from "../core/coroutine.js";
import { EventLoop } from "../core/event-loop.js";
import type { ProtocolFactory } from "../transports/connect.js";
import { PIPE } from "./options.js";
import type { SubprocessOptions, SubprocessShellOptions } from "./options.js";
import type { SubprocessProtocol } from "./protocol.js";
import { startSubprocess } from "./start.js";
import type { SubprocessConnection } from "./start.js";

declare module "../core/event-loop.js" {
  interface EventLoop {
    /**
     * Starts a program whose stdin, stdout and stderr are pipes, unless said otherwise. `connectionMade` has been
     * called when it returns; cancelled before, it kills the process (rule SP-07).
     * @throws as `createSubprocessExec`.
     */
    subprocessExec<P extends SubprocessProtocol>(
      factory: ProtocolFactory<P>,
      program: string,
      args?: readonly string[],
      options?: SubprocessOptions,
    ): Coroutine<SubprocessConnection<P>>;
    /** Starts a command line in a shell. Quote what comes from elsewhere. */
    subprocessShell<P extends SubprocessProtocol>(
      factory: ProtocolFactory<P>,
      command: string,
      options?: SubprocessShellOptions,
    ): Coroutine<SubprocessConnection<P>>;
  }
}

const methods = {
  subprocessExec(this: EventLoop, factory, program, args = [], options = {}) {
    return startSubprocess(this, factory, { program, args, shell: undefined }, options, PIPE);
  },
  subprocessShell(this: EventLoop, factory, command, options = {}) {
    const shell = (options as typeof options | null)?.shell ?? true;
    return startSubprocess(this, factory, { program: command, args: [], shell }, options, PIPE);
  },
} satisfies Partial<EventLoop> & ThisType<EventLoop>;

for (const [name, value] of Object.entries(methods))
  Object.defineProperty(EventLoop.prototype, name, { value, writable: true, configurable: true });
