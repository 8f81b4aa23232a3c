import assert from "node:assert/strict";
import { createTask, sleep } from "asyncscope";
import { eachForm } from "../support/both-forms.js";
import { outline, task, tree, watched } from "./support/watched.js";

/** Counts of the states that some task is in. */
function counts(): Record<string, number> {
  return Object.fromEntries(Object.entries(tree().counts).filter(([, count]) => count > 0));
}

describe("An eager task in the tree", () => {
  eachForm("runs inside its creator, waits below it, and counts once", async (form) => {
    await watched(function* () {
      const seen: string[] = [];
      const child = createTask(
        form.body(function* () {
          seen.push(task("child").state, task("main").state);
          createTask(
            form.body(function* () {
              seen.push(task("grandchild").state);
              yield* form.wait(sleep(5));
            }),
            { name: "grandchild", eagerStart: true },
          );
          seen.push(task("child").state);
          yield* form.wait(sleep(10));
        }),
        { name: "child", eagerStart: true },
      );
      assert.deepEqual(seen, ["running", "running", "running", "running"]);
      assert.equal(task("main").state, "running");
      assert.equal(task("child").state, "suspended");
      assert.equal(task("grandchild").state, "suspended");
      assert.deepEqual(counts(), { running: 1, suspended: 2 });
      assert.deepEqual(outline("creation"), ["main", "  child", "    grandchild"]);
      yield* child;
      assert.deepEqual(counts(), { running: 1, done: 2 });
    });
  });

  it("that is done at once is shown as done, with its coroutine's name", async () => {
    await watched(function* () {
      createTask(
        function* quick() {
          return 1;
        },
        { name: "quick one", eagerStart: true },
      );
      assert.equal(task("quick one").state, "done");
      assert.equal(task("quick one").coroutine, "quick");
      assert.deepEqual(counts(), { running: 1, done: 1 });
      yield* sleep(1);
    });
  });
});
