import assert from "node:assert/strict";
import type { DiagnosisBody } from "@asyncscope/protocol";
import { fixture, Session } from "../support/dap-session.js";

const DEADLOCKS = fixture("deadlocks.mjs");

const diagnosis = (session: Session): Promise<DiagnosisBody> =>
  session.request<DiagnosisBody>("asyncscope/diagnosis", {});

describe("asyncscope/diagnosis", () => {
  afterEach(() => Session.closeAll());

  it("tells what is wrong with the lines of both forms, and which tasks to reveal", async () => {
    const session = Session.inMemory();
    await session.launch("deadlocks.mjs");
    await session.client.until(
      () => (session.client.output("stdout").includes("settled") ? true : undefined),
      "the tasks to stand",
    );
    let body = await diagnosis(session);
    // Output is told before the task has come to its last wait.
    for (let i = 0; i < 20 && !body.idle; i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      body = await diagnosis(session);
    }
    const at = (marker: string): string => `at deadlocks.mjs:${session.line(marker)}`;
    assert.equal(body.status, "live");
    assert.deepEqual(
      body.findings.map(({ text }) => text),
      [
        `Deadlock: task set waits ${at("again")} for Lock settings, which it took itself ${at("first")}: a lock is not re-entrant.`,
        `Task import failed with TypeError: missing key and never released Lock vault, which it took ${at("taken")}. Task next waits ${at("next")} for it.`,
        `Nothing can wake task consumer: it waits ${at("get")} for Queue jobs (0), and the process has nothing left to do: no task to run, no timer, no I/O. Task-1 waits for that task.`,
      ],
    );
    assert.deepEqual(
      body.findings.map(({ certain }) => certain),
      [true, true, true],
    );
    const leaked = body.findings[1]!;
    assert.equal(leaked.locations[0]!.path, DEADLOCKS);
    assert.equal(leaked.locations[0]!.line, session.line("taken"));
    const named = leaked.tasks.map((id) => body.tasks.find((task) => task.id === id)?.name);
    assert.deepEqual(named, ["next"]);

    await session.request("disconnect", { terminateDebuggee: true });
  });

  it("does not call a program that is stopped in its code idle, and keeps what was found when it has ended", async () => {
    const session = Session.inMemory();
    await session.launch("deadlocks.mjs", { stopAt: ["settled"] });
    await session.stopped();
    const body = await diagnosis(session);
    assert.equal(body.status, "paused");
    assert.equal(body.idle, false);
    assert.deepEqual(
      body.findings.map(({ kind }) => kind),
      ["wait-cycle", "leaked-lock"],
    );
    await session.request("terminate", {});
    await session.ended();
    const last = await diagnosis(session);
    assert.equal(last.status, "ended");
    assert.deepEqual(last.findings, body.findings);
  });

  it("tells after the end what was wrong with a program that ended by itself, also when nobody had asked", async () => {
    const session = Session.inMemory();
    await session.launch("ends-deadlocked.mjs");
    await session.ended();
    const body = await diagnosis(session);
    const at = (marker: string): string => `at ends-deadlocked.mjs:${session.line(marker)}`;
    assert.equal(body.status, "ended");
    assert.deepEqual(
      body.findings.map(({ text }) => text),
      [
        `Deadlock: task set waits ${at("again")} for Lock settings, which it took itself ${at("first")}: a lock is not re-entrant.`,
        `Task import failed with TypeError: missing key and never released Lock vault, which it took ${at("taken")}. Task next waits ${at("next")} for it.`,
      ],
    );
    assert.deepEqual(await diagnosis(session), body);
    // What it left undone is said where Node says nothing.
    const said = session.client.output("important");
    assert.match(said, /^\d tasks were still pending when the program ended:\n/);
    assert.ok(said.includes(`Task next: waiting: Lock vault`), said);
    assert.ok(said.includes(`at ends-deadlocked.mjs:${session.line("next")}`), said);
    assert.ok(said.includes(`never released Lock vault, which it took ${at("taken")}`), said);
  });

  it("says nothing of pending tasks when it is the user who ends the program", async () => {
    const session = Session.inMemory();
    await session.launch("deadlocks.mjs");
    await session.client.until(
      () => (session.client.output("stdout").includes("settled") ? true : undefined),
      "the tasks to stand",
    );
    await session.request("terminate", {});
    await session.ended();
    assert.equal(session.client.output("important"), "");
  });

  it("names who blocks the event loop, while that lasts and when it is over", async () => {
    const session = Session.inMemory();
    await session.launch("holds.mjs", { config: { args: ["loop", "3000"] } });
    const text = `task clerk, in loop at holds.mjs:${session.line("loop")}`;
    const find = async (kind: string): Promise<DiagnosisBody> => {
      for (;;) {
        const body = await diagnosis(session);
        if (body.findings.some((finding) => finding.kind === kind)) return body;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    };
    const held = await find("loop-blocked");
    assert.equal(held.status, "blocked");
    assert.match(
      held.findings[0]!.text,
      new RegExp(`^The event loop has been blocked for [\\d.]+ s by ${text}\\.$`),
    );
    assert.equal(held.message, `The program does not answer. ${held.findings[0]!.text}`);
    const after = await find("slow-step");
    assert.equal(after.status, "live");
    const slow = after.findings.find(({ kind }) => kind === "slow-step")!;
    assert.match(slow.text, new RegExp(`^The event loop was blocked for [\\d.]+ s by ${text}\\.$`));
    assert.equal(slow.locations[0]?.line, session.line("loop"));
    await session.ended();
  });

  it("finds nothing wrong with a program that ends while a task waits its turn", async () => {
    const session = Session.inMemory();
    await session.launch("abandoned.mjs");
    await session.ended();
    const body = await diagnosis(session);
    assert.equal(body.status, "ended");
    assert.deepEqual(body.findings, []);
  });
});
