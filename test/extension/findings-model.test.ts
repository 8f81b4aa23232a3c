import assert from "node:assert/strict";
import type { FindingNode } from "@asyncscope/protocol";
import {
  findingText,
  findingTitle,
  findingTooltip,
} from "../../extension/src/diagnosis/finding-presentation.js";
import { FindingsModel, type FindingTreeNode } from "../../extension/src/diagnosis/findings-model.js";
import { FakeProgram, task } from "./fake-program.js";

const at = (path: string, line: number) => ({ path, line, column: 1, functionName: "work" });
const finding = (key: string, rest: Partial<FindingNode> = {}): FindingNode => ({
  kind: "wait-cycle",
  key,
  certain: true,
  since: 0,
  text: "Deadlock: task a waits at a.ts:3 for task b.",
  locations: [at("/w/a.ts", 3), at("/w/b.ts", 7), at("/w/a.ts", 3)],
  tasks: [1, 2],
  taskCount: 2,
  behind: [3],
  behindCount: 5,
  resources: [],
  ...rest,
});

/** The rows as they would be drawn, briefly. */
const brief = (row: FindingTreeNode): string => {
  switch (row.kind) {
    case "finding":
      return row.path;
    case "place":
      return `${row.location.path}:${row.location.line}`;
    case "task":
      return `${row.isBehind ? "behind " : ""}${row.task}`;
    case "note":
      return row.text;
  }
};

describe("The Diagnosis view", () => {
  let program: FakeProgram;
  let model: FindingsModel;

  beforeEach(() => {
    program = new FakeProgram().add(task(1, "a"), task(2, "b"), task(3, "c"));
    model = new FindingsModel(program);
  });

  it("shows each finding with its lines once, its tasks and those behind them, and says what is left out", async () => {
    program.findings = [
      finding("one"),
      finding("two", {
        kind: "slow-step",
        locations: [],
        tasks: [],
        taskCount: 0,
        behind: [],
        behindCount: 0,
      }),
    ];
    await model.refresh();
    const [first, second] = model.rows();
    assert.deepEqual((await model.children(first)).map(brief), [
      "/w/a.ts:3",
      "/w/b.ts:7",
      "1",
      "2",
      "behind 3",
      "and 4 more tasks",
    ]);
    assert.deepEqual(await model.children(second), []);
    assert.equal(model.problems, 1);
  });

  it("keeps the same row for the same finding, and forgets one that is over", async () => {
    program.findings = [finding("one"), finding("two")];
    await model.refresh();
    const [first] = model.rows();
    program.findings = [finding("one")];
    await model.refresh();
    assert.equal(model.rows()[0], first);
    assert.equal(model.rows().length, 1);
    program.findings = [];
    await model.refresh();
    assert.ok(model.isEmpty);
    assert.equal(model.problems, 0);
  });

  it("keeps what was found when the program ends or does not answer", async () => {
    program.findings = [finding("one")];
    await model.refresh();
    program.findings = [];
    program.status = "blocked";
    await model.refresh();
    assert.deepEqual(model.rows().map(brief), ["one"]);
    program.status = "ended";
    await model.refresh();
    model.end();
    assert.equal(model.status, "ended");
    assert.deepEqual(model.rows().map(brief), ["one"]);
  });

  it("draws only when something reads differently", async () => {
    let drawn = 0;
    const counting = new FindingsModel(program, () => drawn++);
    program.findings = [finding("one")];
    await counting.refresh();
    await counting.refresh();
    assert.equal(drawn, 1);
  });

  it("says each kind in two or three words and the sentence behind it", () => {
    assert.equal(findingTitle(finding("x")), "Deadlock");
    assert.equal(findingText(finding("x")), "Task a waits at a.ts:3 for task b.");
    const maybe = finding("x", { certain: false, text: "Nothing can wake task a:\u202e it waits." });
    assert.equal(findingText(maybe), "Task a: it waits.");
    assert.match(findingTooltip(maybe), /^Nothing can wake task a: it waits\. Something that cannot be seen/);
  });
});
