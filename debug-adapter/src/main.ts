/**
 * Entry of dist/debug-adapter.cjs: a debug adapter over standard input and output, in a process of its own.
 * It never listens on a port.
 */
import { assetsIn } from "./backends/node/launch/command.js";
import { serve } from "./framing/serve.js";

const { session, closed } = serve(process.stdin, process.stdout, { assets: assetsIn(__dirname) });

// An orphaned program is worse than an impolite end.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
  process.on(signal, () => void session.abandon());
process.on("uncaughtException", (error) =>
  session.reportProblem(`internal error: ${error.stack ?? error.message}`),
);
process.on("unhandledRejection", (reason) =>
  session.reportProblem(
    `internal error: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`,
  ),
);

void closed.then(() => {
  // Whatever is still unsent (the response to disconnect) leaves first; a client that does not read is not waited for.
  const end = (): never => process.exit(0);
  setTimeout(end, 500);
  if (process.stdout.writableLength === 0) end();
  process.stdout.once("drain", end);
});
