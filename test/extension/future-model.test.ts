import assert from "node:assert/strict";
import type { FutureNode } from "@asyncscope/protocol";
import { FutureModel } from "../../extension/src/futures/future-model.js";
import { futureDescription } from "../../extension/src/futures/future-presentation.js";
import { FakeProgram, task } from "./fake-program.js";

function future(id: number, rest: Partial<FutureNode> = {}): FutureNode {
  return {
    id,
    kind: "future",
    label: "future",
    creator: 0,
    created: 0,
    since: 0,
    awaiters: [1],
    awaiterCount: 1,
    ...rest,
  };
}

describe("The awaited futures", () => {
  let program: FakeProgram;
  let model: FutureModel;

  beforeEach(() => {
    program = new FakeProgram().add(task(1, "main"), task(2, "reader"), task(3, "writer"));
    model = new FutureModel(program);
  });

  it("read with who waits, since when, and who made them where", async () => {
    const at = { path: "/src/pipe.ts", line: 7, column: 1 };
    program.futures.push(
      future(9, { creator: 3, createdAtLocation: at, awaiters: [2, 1], awaiterCount: 2, since: 400 }),
    );
    await model.refresh();
    assert.equal(
      futureDescription(model.future(9)!, 1000, (id) => model.task(id)),
      "pending, awaited by reader and 1 more task · 600 ms · made by writer at pipe.ts:7",
    );
    const [row] = model.rows();
    assert.deepEqual(
      (await model.children(row)).map((each) => ("task" in each ? [each.kind, each.task] : each.kind)),
      [
        ["awaiter", 2],
        ["awaiter", 1],
        ["creator", 3],
      ],
    );
  });

  it("say what a limit hides, and show more", async () => {
    for (let i = 1; i <= 450; i++) program.futures.push(future(i, { awaiterCount: 50 }));
    await model.refresh();
    const more = model.rows().at(-1);
    assert.deepEqual([more?.kind, more?.kind === "more" && more.hidden], ["more", 250]);
    const note = (await model.children(model.rows()[0])).at(-1);
    assert.match(note?.kind === "note" ? note.text : "", /^49 more tasks/);
    model.showMore();
    await model.refresh();
    assert.equal(model.rows().length, 401);
  });

  it("keep their rows while they last, and are kept after the end", async () => {
    program.futures.push(future(1), future(2));
    await model.refresh();
    const [first, second] = model.rows();
    await model.children(second);
    program.futures.splice(0, 1);
    await model.refresh();
    assert.deepEqual(model.rows(), [second]);
    assert.notEqual(model.rows()[0], first);
    assert.ok(model.isExpanded(second!));
    program.status = "ended";
    program.futures.length = 0;
    await model.refresh();
    model.end();
    assert.deepEqual([model.rows().length, model.status], [1, "ended"]);
  });
});
