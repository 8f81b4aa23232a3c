import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { AsyncscopeApi } from "../../../extension/src/api.js";
import { eventually } from "../../support/eventually.js";
import { extension, fixture, labels, launch, rows, rowWith, stop, stopAll } from "./debugged-program.js";

const TASKS = ["producer", "smith", "carver", "weaver", "clock", "auditor"];

describe("the views on a running program", () => {
  let api: AsyncscopeApi;
  let session: vscode.DebugSession;
  const tasks = () => api.tasks.state();
  const resources = () => api.resources.state();
  const settings = () => vscode.workspace.getConfiguration("asyncscope");

  before(async () => {
    api = await extension().activate();
    await settings().update("confirmCancel", false, vscode.ConfigurationTarget.Global);
  });

  after(async () => {
    await stopAll();
    await settings().update("confirmCancel", undefined, vscode.ConfigurationTarget.Global);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await vscode.commands.executeCommand("notifications.clearAll");
  });

  it("open by themselves and show the tasks by name", async () => {
    const start = performance.now();
    session = await launch(fixture("workshop.ts"));
    for (const name of TASKS) await rowWith(tasks, name);
    console.log(`      (${Math.round(performance.now() - start)} ms from the start to the first whole tree)`);
    assert.ok(tasks().visible && resources().visible);
    assert.equal(tasks().status, "live");
    assert.equal(tasks().message ?? "", "");
    assert.match(tasks().description ?? "", /^\d+ suspended/);
  });

  it("say what each task waits for, since when and where", async () => {
    await rowWith(tasks, "auditor", /^waiting: .*closing.* · \d+(\.\d)? m?s · workshop\.ts:\d+$/);
    await rowWith(tasks, "producer", /^waiting: .*jobs.*5\/5/);
    await rowWith(tasks, "clock", /left/);
  });

  it("let the ages grow without asking the program", async () => {
    const age = async () => /([\d.]+) (m?s|min)/.exec((await rowWith(tasks, "auditor")).description)?.[0];
    const first = await age();
    await eventually("the age of the auditor's wait changes", async () => (await age()) !== first);
  });

  it("open a task into its await chain; a frame leads to its line", async () => {
    const line = (await rowWith(tasks, "auditor")).description.split(":").pop();
    assert.ok(await api.tasks.reveal({ id: idOf("auditor"), name: "auditor" }));
    await vscode.commands.executeCommand("list.expand");
    await eventually("the chain of the auditor is open", () =>
      rows(tasks()).some(
        (row) => row.contextValue === "frame" && row.description === `workshop.ts:${line ?? ""}`,
      ),
    );
    await vscode.commands.executeCommand("asyncscope.tasks.open", api.tasks.row("auditor"));
    const editor = vscode.window.activeTextEditor;
    assert.equal(editor?.document.uri.fsPath, fixture("workshop.ts"));
    assert.equal(String(editor.selection.active.line + 1), line);
    assert.match(editor.document.lineAt(editor.selection.active.line).text, /@audit-wait/);
  });

  it("go to the line where a task was created", async () => {
    await vscode.commands.executeCommand("asyncscope.tasks.revealCreated", api.tasks.row("auditor"));
    const editor = vscode.window.activeTextEditor;
    assert.match(editor?.document.lineAt(editor.selection.active.line).text ?? "", /createTask\(audit\(\)/);
  });

  it("copy a name and an await chain", async () => {
    await vscode.commands.executeCommand("asyncscope.tasks.copyName", api.tasks.row("auditor"));
    assert.equal(await vscode.env.clipboard.readText(), "auditor");
    await vscode.commands.executeCommand("asyncscope.tasks.copyChain", api.tasks.row("auditor"));
    assert.match(
      await vscode.env.clipboard.readText(),
      /^auditor \(waiting: .*closing.*\)\n {4}at .*workshop\.ts:\d+:\d+\)\n/,
    );
  });

  it("show who waits for whom in the other order, and go back", async () => {
    await vscode.commands.executeCommand("asyncscope.tasks.orderByAwait");
    // The main task waits for all the others.
    await eventually("all tasks stand under the one that waits for them", () => {
      const [root, ...others] = tasks().rows;
      return others.length === 0 && TASKS.every((name) => root?.children.some((row) => row.label === name));
    });
    await vscode.commands.executeCommand("asyncscope.tasks.orderByCreation");
    await rowWith(tasks, "auditor");
  });

  it("group tasks by where they stand; a group opens into its tasks", async () => {
    const id = idOf("auditor");
    await vscode.commands.executeCommand("asyncscope.tasks.groupByLocation");
    const group = await rowWith(tasks, "1 × audit", /^workshop\.ts:\d+ · waiting: .*closing.* · \d/);
    assert.equal(group.contextValue, "group located");
    assert.ok(await api.tasks.reveal({ id, name: "auditor" }));
    await rowWith(tasks, "auditor", /^waiting: .*closing/);
    await vscode.commands.executeCommand("asyncscope.tasks.orderByCreation");
    await rowWith(tasks, "auditor");
  });

  it("filter by name and by state, in the program", async () => {
    assert.equal(api.tasks.setFilter("smith"), undefined);
    await eventually("only the smith and what leads to it are left", () => {
      const seen = labels(tasks());
      return seen.includes("smith") && TASKS.every((name) => name === "smith" || !seen.includes(name));
    });
    assert.match(tasks().message ?? "", /Filter: smith/);
    assert.equal(api.tasks.setFilter("state:failed"), undefined);
    await eventually("nothing matches", () => /nothing matches/.test(tasks().description ?? ""));
    // The editor offers to clear the filter where there is neither a row nor a message.
    assert.deepEqual([tasks().rows.length, tasks().message ?? ""], [0, ""]);
    assert.match(api.tasks.setFilter("state:asleep") ?? "", /is no state/);
    await vscode.commands.executeCommand("asyncscope.tasks.clearFilter");
    for (const name of TASKS) await rowWith(tasks, name);
    assert.equal(tasks().message ?? "", "");
  });

  it("pin a task: it stands in the Call Stack while the program runs on", async () => {
    const threads = async () =>
      ((await session.customRequest("threads")) as { threads: { name: string }[] }).threads.map(
        (each) => each.name,
      );
    await vscode.commands.executeCommand("asyncscope.tasks.pin", api.tasks.row("auditor"));
    await rowWith(tasks, "auditor", /pinned/);
    await eventually("the auditor is a thread", async () =>
      (await threads()).some((name) => /auditor/.test(name)),
    );
    assert.match((await rowWith(tasks, "auditor")).contextValue, /\bpinned\b/);
    await vscode.commands.executeCommand("asyncscope.tasks.unpin", api.tasks.row("auditor"));
    await eventually(
      "the auditor is no thread",
      async () => !(await threads()).some((name) => /auditor/.test(name)),
    );
  });

  it("show what is in a queue, who waits for it and who holds the lock", async () => {
    await rowWith(resources, "jobs", /^queue · 5\/5/);
    await rowWith(resources, "ledger", /^lock · locked by (smith|carver|weaver) for /);
    await rowWith(resources, "closing", /^event/);
    await open("jobs");
    await open("Items (5)");
    await eventually("the items are there", () =>
      rows(resources()).some((row) => row.contextValue === "value" && /job-\d+/.test(row.description)),
    );
    await open("Putters (1)");
    await rowWith(resources, "producer");
  });

  it("lead from a waiter to its task", async () => {
    // The producer waits and goes on all the time: its row may just have left, and the selection follows the reveal.
    await eventually("the waiter's task is selected", async () => {
      const waiter = api.resources.row("producer");
      if (waiter === undefined) return false;
      await vscode.commands.executeCommand("asyncscope.resources.revealTask", waiter);
      await vscode.commands.executeCommand("asyncscope.tasks.copyName");
      return (await vscode.env.clipboard.readText()) === "producer";
    });
  });

  it("work while the program is paused, and stand still", async () => {
    const { threads } = (await session.customRequest("threads")) as { threads: { id: number }[] };
    await session.customRequest("pause", { threadId: threads[0]?.id });
    await eventually("the view knows that the program is paused", () => tasks().status === "paused");
    for (const name of TASKS) await rowWith(tasks, name);
    await session.customRequest("continue", { threadId: threads[0]?.id });
    await eventually("the view knows that it goes on", () => tasks().status === "live");
  });

  it("keep the last state when the program has ended, and say so", async () => {
    const before = labels(tasks()).filter((label) => TASKS.includes(label));
    assert.ok(before.length > 0);
    await stop(session);
    await eventually("the view says that the program has ended", () =>
      /has ended/.test(tasks().message ?? ""),
    );
    assert.equal(tasks().status, "ended");
    assert.ok(labels(tasks()).some((label) => TASKS.includes(label)));
    assert.match(resources().message ?? "", /has ended/);
    assert.ok(labels(resources()).includes("jobs"));
  });

  it("start afresh with the next program", async () => {
    session = await launch(fixture("workshop.ts"));
    await eventually("the new program is shown", () => tasks().status === "live");
    for (const name of TASKS) await rowWith(tasks, name);
    assert.equal(tasks().message ?? "", "");
    await stop(session);
  });

  it("cancel a task", async () => {
    session = await launch(fixture("night-shift.ts"), "baker");
    await rowWith(tasks, "baker");
    await rowWith(tasks, "watchman", /^waiting: .*dawn/);
    await vscode.commands.executeCommand("asyncscope.tasks.cancel", api.tasks.row("watchman"));
    await eventually("the watchman has gone or is cancelled", () => {
      const row = rows(tasks()).find((each) => each.label === "watchman");
      return row === undefined || row.description.startsWith("cancelled");
    });
    assert.equal(tasks().status, "live");
    await rowWith(tasks, "baker");
  });

  it("follow the active one of two sessions, and return to the other when it ends", async () => {
    const second = await launch(fixture("night-shift.ts"), "porter");
    await rowWith(tasks, "porter");
    assert.ok(!labels(tasks()).includes("baker"));
    await stop(second);
    await rowWith(tasks, "baker");
    assert.equal(tasks().status, "live");
    await stop(session);
  });

  it("say that the event loop is blocked, keep their rows, and go on when it does", async () => {
    session = await launch(fixture("busy-clerk.ts"));
    await rowWith(tasks, "visitor");
    await eventually("the view says that the loop is blocked", async () => {
      // Something must be asked for to be left without an answer.
      await vscode.commands.executeCommand("asyncscope.tasks.refresh");
      return tasks().status === "blocked";
    });
    assert.match(tasks().message ?? "", /does not answer/);
    assert.ok(labels(tasks()).includes("visitor"));
    await eventually("the program goes on", () => tasks().status === "live");
    assert.equal(tasks().message ?? "", "");
    await stop(session);
  });

  function idOf(name: string): number {
    const row = api.tasks.row(name);
    assert.ok(row?.kind === "task", `no row for ${name}`);
    return row.task;
  }

  /** Opens a row of Queues & Locks by its label. */
  async function open(label: string): Promise<void> {
    await rowWith(resources, label);
    const row = api.resources.row(label);
    assert.ok(row);
    await api.resources.reveal(row);
  }
});
