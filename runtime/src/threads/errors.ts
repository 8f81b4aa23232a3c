import { RuntimeError } from "../core/errors.js";

/**
 * A thread ended while it ran a job: `process.exit()` in it, an error that nobody caught, no memory left, or
 * `shutdown()` with a timeout. Only this job is lost: the pool starts another thread for the next one.
 */
export class BrokenWorkerError extends RuntimeError {
  override name = "BrokenWorkerError";
  constructor(
    message: string,
    /** With which the thread ended; undefined when it was ended from outside. */
    readonly exitCode?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
