import assert from "node:assert/strict";
import { createTask, getRunningLoop, toThread, WorkerPool } from "asyncscope";
import { generatorForm } from "../../support/both-forms.js";
import { Gate, holdAtGate, threadProgram } from "../../support/threads.js";
import { enable, inspector, resource, task, waits } from "../../inspect/support/watched.js";

describe("threads in the views", function () {
  this.timeout(15_000);
  before(() => {
    inspector.disable();
    enable();
  });
  after(() => inspector.disable());

  it("a task says which job it waits for, which worker runs it, and since when", () =>
    threadProgram(generatorForm, function* () {
      const loop = getRunningLoop();
      const pool = new WorkerPool({ size: 1, name: "hashing" });
      loop.setDefaultExecutor(pool);
      const gate = new Gate();
      const first = createTask(toThread(holdAtGate<number>, gate.cells, 1), { name: "first" });
      const second = createTask(
        async () => {
          await toThread(holdAtGate<number>, gate.cells, 2);
        },
        { name: "second" },
      );
      yield* gate.untilArrived(generatorForm);
      assert.deepEqual(waits("first"), ["thread: thread job holdAtGate, worker 1"]);
      assert.deepEqual(waits("second"), ["thread: thread job holdAtGate, queued"]);
      const { since, resource: id } = task("first").waits[0]!;
      assert.ok(since > 0 && since <= loop.time());
      const { kind, state, size, waiters, id: poolId } = resource("hashing");
      assert.equal(id, poolId);
      assert.deepEqual(
        { kind, state, size },
        { kind: "worker-pool", state: "1 of 1 busy, 1 queued", size: 1 },
      );
      assert.deepEqual(
        waiters.map((waiter) => [waiter.task, waiter.role]),
        [
          [task("first").id, "waiter"],
          [task("second").id, "waiter"],
        ],
      );
      gate.open();
      yield* first;
      yield* second;
      assert.equal(resource("hashing").state, "0 of 1 busy");
      yield* loop.shutdownDefaultExecutor();
      assert.equal(resource("hashing").state, "0 of 1 busy, shut down");
    }));
});
