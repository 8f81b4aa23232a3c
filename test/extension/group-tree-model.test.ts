import assert from "node:assert/strict";
import type { GroupsArguments } from "@asyncscope/protocol";
import { groupDescription, groupLabel } from "../../extension/src/tasks/group-presentation.js";
import { findMember } from "../../extension/src/tasks/reveal-task.js";
import type { MoreNode, TaskTreeNode } from "../../extension/src/tasks/task-nodes.js";
import { TaskOrders } from "../../extension/src/tasks/task-orders.js";
import { FakeProgram, task } from "./fake-program.js";

describe("Tasks grouped by location", () => {
  let program: FakeProgram;
  let model: TaskOrders;
  let changes: number;

  beforeEach(() => {
    program = new FakeProgram();
    changes = 0;
    model = new TaskOrders(program, () => (changes += 1));
    model.setOrder("location");
    for (let i = 1; i <= 250; i++)
      program.add(
        task(i, `w${i}`, {
          coroutine: "fetchPage",
          since: 1000 - i,
          waits: [{ kind: "queue-get", label: "Queue frontier 0/10", since: 1000 - i }],
          location: { path: "/src/crawler.ts", line: 42, column: 3 },
        }),
      );
    program.add(task(900, "main", { coroutine: "main" }));
  });

  function label(row: TaskTreeNode): string {
    if (row.kind === "group") return groupLabel(model.group(row.group)!);
    if (row.kind === "task") return model.task(row.task)?.name ?? "";
    if (row.kind === "more") return `more ${row.what ?? row.hidden}`;
    return row.kind === "note" ? row.text : row.kind;
  }

  async function labels(node?: TaskTreeNode): Promise<string[]> {
    return (await model.children(node)).map(label);
  }

  it("are rows with their number, line, wait and longest age", async () => {
    await model.refresh();
    assert.deepEqual(await labels(), ["250 × fetchPage", "1 × main"]);
    const [row] = model.rows();
    assert.ok(row?.kind === "group");
    assert.equal(
      groupDescription(model.group(row.group)!, 1000),
      "crawler.ts:42 · waiting: Queue frontier 0/10 · longest 250 ms",
    );
    assert.equal(changes, 1);
  });

  it("open in pages, with the await chain under each task; one request asks for all that is open", async () => {
    await model.refresh();
    const [group] = await model.children();
    const members = await labels(group);
    assert.deepEqual([members.length, members[0], members.at(-1)], [101, "w1", "more 150"]);
    model.showMore((await model.children(group)).at(-1) as MoreNode);
    program.take("asyncscope/groups");
    await model.refresh();
    assert.equal(program.take("asyncscope/groups").length, 1);
    assert.equal((await labels(group)).at(-1), "more 50");
    const [first] = await model.children(group);
    assert.deepEqual(await labels(first), ["chain"]);
    assert.equal((await model.children(group))[0], first, "the same row stays the same object");
  });

  it("are asked for with the filter, and say how many groups and tasks a limit hides", async () => {
    for (let i = 0; i < 150; i++) program.add(task(1000 + i, `t${i}`, { coroutine: `f${i}` }));
    await model.refresh();
    assert.equal((await labels()).at(-1), "more 52 groups with 52 tasks");
    model.setFilter({ text: "w7" }, "w7");
    program.take("asyncscope/groups");
    await model.refresh();
    assert.deepEqual((program.take("asyncscope/groups") as GroupsArguments[])[0]?.filter, { text: "w7" });
    assert.deepEqual(await labels(), ["11 × fetchPage"]);
    assert.equal(model.filterText, "w7");
  });

  it("show a task that is looked for, in its group", async () => {
    const row = await findMember(model.groups, { id: 230, name: "w230" });
    assert.deepEqual([row?.task, row?.parent?.kind], [230, "group"]);
  });

  it("leave the tree as it was opened, and the other way round", async () => {
    model.setOrder("creation");
    await model.refresh();
    program.take("asyncscope/groups");
    assert.equal((await labels())[0], "w1");
    model.setOrder("location");
    await model.refresh();
    assert.deepEqual(await labels(), ["250 × fetchPage", "1 × main"]);
    model.setOrder("creation");
    assert.equal((await labels())[0], "w1");
  });

  it("are kept after the end in both orders", async () => {
    await model.refresh();
    program.status = "ended";
    await model.refresh();
    model.end();
    assert.equal(model.status, "ended");
    assert.deepEqual(await labels(), ["250 × fetchPage", "1 × main"]);
    model.setOrder("creation");
    assert.equal((await labels())[0], "w1");
  });
});
