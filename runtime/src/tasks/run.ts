import type { AwaitableArgument, ResultOf } from "./ensure-future.js";
import { Runner } from "./runner.js";
import type { RunOptions } from "./runner.js";

/**
 * Runs a program: makes a loop, runs `main` on it as the main task, cancels what is left over when it ends, and
 * closes the loop. The process stays alive meanwhile. Ctrl+C cancels `main`, see {@link Runner}.
 * @returns a native promise of main's result.
 * @throws all as a rejection: what main throws; KeyboardInterrupt after a Ctrl+C; RuntimeError when a loop runs
 * already (rule RU-05); TypeError for what cannot be awaited.
 * @example await run(async () => { await sleep(100); });
 */
export async function run<A extends AwaitableArgument<unknown>>(
  main: A,
  options: RunOptions = {},
): Promise<ResultOf<A>> {
  const runner = new Runner(options);
  try {
    return await runner.run(main);
  } finally {
    await runner.close();
  }
}
