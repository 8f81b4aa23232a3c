import assert from "node:assert/strict";
import { gather, LifoQueue, PriorityQueue, Queue, QueueShutDown } from "asyncscope";
import type { CoroutineGenerator } from "asyncscope";
import { inBothForms, Trace } from "../../support/both-forms.js";
import { turns } from "../../support/turns.js";

const kinds = [
  ["Queue", () => new Queue<number>(2)],
  ["LifoQueue", () => new LifoQueue<number>(2)],
  ["PriorityQueue", () => new PriorityQueue<number>(2)],
] as const;

for (const [kind, create] of kinds)
  describe(`shutdown of a ${kind}`, () => {
    inBothForms((form) => {
      const { wait, start, program } = form;

      function* throwsShutDown(awaitable: Parameters<typeof wait>[0]): CoroutineGenerator<void> {
        let thrown: unknown;
        try {
          yield* wait(awaitable);
        } catch (error) {
          thrown = error;
        }
        assert.ok(thrown instanceof QueueShutDown);
      }

      it("QS-01 put and putNowait throw, and blocked putters wake and throw", () =>
        program(function* () {
          const trace = new Trace(form);
          const queue = create();
          queue.putNowait(1);
          queue.putNowait(2);
          const putters = [3, 4].map((item) =>
            start(function* () {
              yield* throwsShutDown(queue.put(item));
              trace.mark(`put ${item} throws`);
            }),
          );
          yield* wait(turns(2));
          queue.shutdown();
          trace.mark("shut down");
          yield* wait(gather(putters));
          assert.throws(() => queue.putNowait(5), QueueShutDown);
          yield* throwsShutDown(queue.put(5));
          trace.stop(["2:shut down", "3:put 3 throws", "3:put 4 throws"]);
        }));

      it("QS-02 what is in it can still be got, then get throws", () =>
        program(function* () {
          const queue = create();
          queue.putNowait(1);
          queue.putNowait(2);
          queue.shutdown();
          assert.equal(queue._inspect().state, "2/2, shut down");
          const got = [yield* wait(queue.get()), queue.getNowait()];
          assert.deepEqual(got.sort(), [1, 2]);
          yield* throwsShutDown(queue.get());
          assert.throws(() => queue.getNowait(), QueueShutDown);
          // The items still count until they are dealt with.
          assert.equal(queue.statistics().unfinished, 2);
          queue.taskDone();
          queue.taskDone();
          yield* wait(queue.join());
        }));

      it("QS-03 getters blocked on an empty queue wake and throw", () =>
        program(function* () {
          const trace = new Trace(form);
          const queue = create();
          const getters = ["a", "b"].map((name) =>
            start(function* () {
              yield* throwsShutDown(queue.get());
              trace.mark(`get ${name} throws`);
            }),
          );
          yield* wait(turns(2));
          queue.shutdown();
          trace.mark("shut down");
          yield* wait(gather(getters));
          queue.shutdown();
          trace.stop(["2:shut down", "3:get a throws", "3:get b throws"]);
        }));

      it("QS-04 immediate drops the items, counts them as done and releases join()", () =>
        program(function* () {
          const trace = new Trace(form);
          const queue = create();
          queue.putNowait(1);
          queue.putNowait(2);
          const joiner = start(function* () {
            yield* wait(queue.join());
            trace.mark("joined");
          });
          yield* wait(turns(2));
          queue.shutdown({ immediate: true });
          trace.mark("shut down");
          assert.equal(queue.size, 0);
          assert.equal(queue.statistics().unfinished, 0);
          yield* wait(joiner);
          yield* throwsShutDown(queue.get());
          trace.stop(["2:shut down", "3:joined"]);
        }));

      it("QS-05 items already handed out still need taskDone() after an immediate shutdown", () =>
        program(function* () {
          const queue = create();
          queue.putNowait(1);
          queue.putNowait(2);
          yield* wait(queue.get());
          const joiner = start(function* () {
            yield* wait(queue.join());
          });
          yield* wait(turns(2));
          queue.shutdown({ immediate: true });
          yield* wait(turns(3));
          assert.equal(joiner.done(), false);
          assert.equal(queue.statistics().unfinished, 1);
          queue.taskDone();
          yield* wait(joiner);
        }));
    });
  });
