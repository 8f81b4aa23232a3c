import { RuntimeError } from "../core/errors.js";

/** A barrier was aborted, or reset while this task waited at it (rules BA-07, BA-09). Call `reset()` to use it again. */
export class BrokenBarrierError extends RuntimeError {
  override name = "BrokenBarrierError";
}
