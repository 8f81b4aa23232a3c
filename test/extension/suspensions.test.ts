import assert from "node:assert/strict";
import type { SuspendedLine } from "@asyncscope/protocol";
import { SuspensionModel } from "../../extension/src/hints/suspension-model.js";
import {
  suspendedLinks,
  suspendedMarkdown,
  suspendedText,
} from "../../extension/src/hints/suspension-text.js";
import { FakeProgram, task } from "./fake-program.js";
import { FakeTimers, settle } from "./fake-timers.js";

const line = (count: number, rest: Partial<SuspendedLine> = {}): SuspendedLine => ({
  at: { path: "/p/a.ts", line: 3, column: 5 },
  count,
  since: 0,
  ...rest,
});

describe("Tasks suspended at a line, in words", () => {
  it("say how many wait and for how long at most, and when the number is an estimate", () => {
    assert.equal(suspendedText(line(1), 3200), "1 task waits, 3.2 s");
    assert.equal(suspendedText(line(12), 180_000), "12 tasks wait, up to 3 min");
    assert.equal(suspendedText(line(1600, { estimated: true }), 40), "about 1,600 tasks wait, up to 40 ms");
    assert.equal(suspendedText(line(2, { since: 500 }), 100), "2 tasks wait, up to 0 ms");
  });

  it("list name, wait and age, and how many more there are", () => {
    const wait = { kind: "queue-get" as const, label: "Queue jobs 0/10", since: 0 };
    const body = { now: 1500, count: 5, tasks: [task(7, "reader", { waits: [wait] })] };
    const text = suspendedMarkdown(body).replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
    assert.equal(text, "1. **reader** — waiting: Queue jobs 0/10 · 1.5 s\n\n…and 4 more");
  });

  it("let nothing of the program into what may run commands", () => {
    const evil = task(7, "](command:workbench.action.terminal.new) <b>$(zap)</b>");
    const links = suspendedLinks([evil], { reveal: "a.reveal", pin: "a.pin" });
    assert.equal(
      links,
      "Reveal in Tasks: [1](command:a.reveal?%5B7%5D) · Pin to Call Stack: [1](command:a.pin?%5B7%5D)",
    );
    assert.doesNotMatch(suspendedMarkdown({ now: 0, count: 1, tasks: [evil] }), /[[\]()<>$]/);
  });
});

describe("What the editor knows of suspended tasks", () => {
  let program: FakeProgram;
  let timers: FakeTimers;
  let changes: number;
  let model: SuspensionModel;

  beforeEach(() => {
    program = new FakeProgram();
    program.lines = [line(2)];
    timers = new FakeTimers();
    changes = 0;
    model = new SuspensionModel(program, () => changes++, timers);
  });

  it("is asked for the files that are visible, and keeps time with the program", async () => {
    program.now = 5000;
    await model.refresh(["/p/a.ts"]);
    assert.deepEqual(program.take("asyncscope/suspensions"), [{ paths: ["/p/a.ts"] }]);
    assert.deepEqual(model.lines, [line(2)]);
    assert.equal(changes, 1);
    await timers.advance(300);
    assert.equal(model.now(), 5300);
    assert.ok(model.ageing);
    program.status = "paused";
    await model.refresh(["/p/a.ts"]);
    await timers.advance(300);
    assert.equal(model.now(), 5000);
    assert.ok(!model.ageing);
  });

  it("stays as it was while the program is blocked, and goes with the session", async () => {
    await model.refresh([]);
    program.status = "blocked";
    program.lines = [];
    await model.refresh([]);
    assert.equal(model.lines.length, 1);
    model.end();
    assert.equal(model.lines.length, 0);
    assert.equal(await model.tasksAt("/p/a.ts", 3), undefined);
  });

  it("is not asked again for a long time when an answer kept it busy, unless the program stops", async () => {
    const ask = async (took: number): Promise<{ rested: boolean }> => {
      program.took = took;
      const state = { rested: false };
      void model.refresh([]).then(() => (state.rested = true));
      await settle();
      return state;
    };
    // However long it was under way: the machine may be busy with other things.
    assert.ok((await ask(5)).rested);
    const first = await ask(100);
    await timers.advance(2999);
    assert.ok(!first.rested);
    await timers.advance(1);
    assert.ok(first.rested);
    const second = await ask(100);
    await timers.advance(500);
    assert.ok(!second.rested);
    model.wake();
    await settle();
    assert.ok(second.rested);
    // Ages on the screen would be wrong for as long.
    const third = await ask(5000);
    await timers.advance(9999);
    assert.ok(!third.rested);
    await timers.advance(1);
    assert.ok(third.rested);
  });

  it("shows nothing while the program refuses to answer", async () => {
    await model.refresh([]);
    program.failure = new Error("no");
    await model.refresh([]);
    assert.deepEqual(model.lines, []);
    assert.equal(await model.tasksAt("/p/a.ts", 3), undefined);
  });
});
