import assert from "node:assert/strict";
import type { TaskNode } from "@asyncscope/protocol";
import { cancelTask } from "../../extension/src/tasks/cancel-outcome.js";
import { FakeProgram, task } from "./fake-program.js";
import { FakeTimers, settle } from "./fake-timers.js";

describe("The result of a cancellation", () => {
  const victim = task(7, "worker-7");
  let program: FakeProgram;
  let timers: FakeTimers;

  beforeEach(() => {
    program = new FakeProgram().add(victim);
    timers = new FakeTimers();
  });

  /** Cancels, lets the task change after the first look, and gives what is said in the end. */
  async function saidAfter(change: Partial<TaskNode> | undefined): Promise<string> {
    const said: string[] = [];
    void cancelTask(program, victim, timers).then((text) => said.push(text));
    await settle();
    assert.deepEqual(said, [], "it is looked at again while the task still runs");
    if (change) program.change(7, change);
    for (let i = 0; i < 20 && said.length === 0; i++) await timers.advance(200);
    return said.join();
  }

  it("is that the task was cancelled", async () => {
    assert.equal(await saidAfter({ state: "cancelled" }), "“worker-7” was cancelled.");
    const [request] = program.take("asyncscope/cancelTask");
    assert.deepEqual(request, { task: 7, message: "cancelled from the debugger" });
  });

  it("is that it ended otherwise", async () => {
    assert.match(await saidAfter({ state: "done" }), /finished with a result/);
    program.change(7, { state: "suspended" });
    assert.match(await saidAfter({ state: "failed", error: "Error: no" }), /failed .* Error: no/);
  });

  it("is that it still runs after two seconds, and what it does", async () => {
    const waits = [{ kind: "lock" as const, label: "Lock db", since: 0 }];
    assert.match(
      await saidAfter({ cancelling: 1, waits }),
      /still runs 2 s after the cancellation \(waiting: Lock db\)/,
    );
    assert.match(await saidAfter({ cancelling: 0 }), /goes on: it caught the cancellation/);
  });

  it("is told at once when the program stands still, or the task has gone", async () => {
    program.status = "paused";
    assert.match(await cancelTask(program, victim, timers), /when the program continues/);
    program.remove(7);
    assert.match(await cancelTask(program, victim, timers), /has ended/);
  });
});
