import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { sleep } from "asyncscope";
import type { CoroutineGenerator, ExceptionContext } from "asyncscope";
import { root } from "../../scripts/lib/root.mjs";
import type { Form } from "./both-forms.js";
import { ioProgram } from "./runtime-io.js";

/** A module of `test/fixtures/threads`. */
export function threadModule(name: string): URL {
  return pathToFileURL(join(root, "test/fixtures/threads", name));
}

/** As {@link ioProgram}; a thread takes its time to start on a busy machine. */
export function threadProgram(
  form: Form,
  steps: () => CoroutineGenerator<void>,
  reports?: ExceptionContext[],
): Promise<void> {
  return ioProgram(form, steps, reports, 8000);
}

/** Cells that a program and its threads share: to hold a thread, and to see how far it is. */
export class Gate {
  readonly cells = new Int32Array(new SharedArrayBuffer(12));

  /** How many threads have come to {@link holdAtGate}. */
  get arrived(): number {
    return Atomics.load(this.cells, 0);
  }

  /** How many have gone through it. */
  get passed(): number {
    return Atomics.load(this.cells, 2);
  }

  /** Waits, while the loop goes on, until so many have come. */
  *untilArrived(form: Form, count = 1): CoroutineGenerator<void> {
    while (this.arrived < count) yield* form.wait(sleep(1));
  }

  open(): void {
    Atomics.store(this.cells, 1, 1);
    Atomics.notify(this.cells, 1);
  }
}

/** Runs in a thread: waits there until the gate is open, and gives `result` back. */
export function holdAtGate<T>(cells: Int32Array, result: T): T {
  Atomics.add(cells, 0, 1);
  Atomics.wait(cells, 1, 0);
  Atomics.add(cells, 2, 1);
  return result;
}
