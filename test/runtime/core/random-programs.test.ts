import {
  allTasks,
  createTask,
  currentTask,
  Future,
  gather,
  getRunningLoop,
  run,
  shield,
  sleep,
  taskGroup,
  timeout,
} from "asyncscope";
import type { Task } from "asyncscope";
import assert from "node:assert/strict";
import { collectReports, virtualLoop } from "../../support/runtime-loop.js";
import { forms } from "../../support/both-forms.js";
import type { Form, Steps } from "../../support/both-forms.js";

/** Programs of tasks in both forms that wait for each other, fail, and cancel each other and themselves. */
class RandomProgram {
  readonly tasks: Task<unknown>[] = [];
  /** Bodies that have begun and not ended. */
  running = 0;
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed * 7919 + 1;
  }

  below(limit: number): number {
    this.#seed = (this.#seed * 16807) % 2147483647;
    return this.#seed % limit;
  }

  start(depth: number): Task<unknown> {
    const form = forms[this.below(2)]!;
    const task = createTask(form.body(() => this.body(form, depth)));
    this.tasks.push(task);
    return task;
  }

  *body(form: Form, depth: number): Steps<unknown> {
    this.running++;
    try {
      for (let n = this.below(5); n > 0; n--) {
        yield* this.step(form, depth);
        if (this.below(12) === 0) throw new Error("bad luck");
      }
      return "done";
    } catch (error) {
      if (this.below(4) === 0) return "swallowed";
      throw error;
    } finally {
      try {
        if (this.below(3) === 0) yield* form.wait(sleep(this.below(3)));
      } finally {
        this.running--;
      }
    }
  }

  *step(form: Form, depth: number): Steps {
    const block = form.body(() => this.body(form, depth + 1));
    const choice = this.below(depth < 3 ? 9 : 4);
    if (choice === 0) yield* form.wait(sleep(0));
    else if (choice === 1) yield* form.wait(sleep(this.below(5)));
    else if (choice === 2) {
      const future = new Future<void>();
      getRunningLoop().callLater(this.below(5), () => future._trySetResult());
      yield* form.wait(future);
    } else if (choice === 3) {
      currentTask()!.cancel("itself");
      if (this.below(2) === 0) currentTask()!.uncancel();
    } else if (choice === 4) yield* form.wait(this.start(depth + 1));
    else if (choice === 5) yield* form.wait(gather(this.start(depth + 1), this.start(depth + 1)));
    else if (choice === 6) yield* form.wait(shield(this.start(depth + 1)));
    else if (choice === 7) yield* form.wait(timeout(this.below(4), block));
    else
      yield* form.wait(
        taskGroup(
          form.body(function* (group) {
            group.createTask(form.body(() => form.wait(sleep(2))));
            yield* form.wait(block());
          }),
        ),
      );
  }
}

describe("Random programs", () => {
  for (let seed = 1; seed <= 60; seed++)
    it(`every task of program ${seed} ends, however it is cancelled`, async () => {
      const program = new RandomProgram(seed);
      const loop = virtualLoop();
      collectReports(loop);
      await run(
        async () => {
          for (let n = 0; n < 5; n++) program.start(0);
          for (let n = 0; n < 30; n++) {
            await sleep(program.below(3));
            const task = program.tasks[program.below(program.tasks.length)]!;
            task.cancel(`cancel ${n}`);
            if (program.below(4) === 0) task.cancel("again");
            if (program.below(6) === 0) task.uncancel();
          }
          for (let round = 0; round < 50 && allTasks().size > 1; round++) {
            for (const task of allTasks()) if (task !== currentTask()) task.cancel("the end");
            await sleep(1);
          }
          assert.deepEqual([...allTasks()], [currentTask()]);
          assert.equal(program.running, 0);
          for (const task of program.tasks) if (!task.cancelled()) task.exception();
        },
        { loopFactory: () => loop },
      );
    });
});
