import assert from "node:assert/strict";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { Session } from "../support/dap-session.js";

const filter = (name: string, condition?: string): object => ({
  filterId: `asyncscope.${name}`,
  ...(condition === undefined ? {} : { condition }),
});

/** Starts a program with event stops. */
async function start(
  program: string,
  filterOptions: readonly object[],
  config: Record<string, unknown> = {},
): Promise<Session> {
  const session = Session.inMemory();
  await session.launch(program, { filterOptions, config });
  return session;
}

describe("Event stops", () => {
  afterEach(() => Session.closeAll());

  it("are offered with conditions, and none is on by default", async () => {
    const session = Session.inMemory();
    const { exceptionBreakpointFilters = [], supportsExceptionFilterOptions } = await session.initialize();
    assert.equal(supportsExceptionFilterOptions, true);
    const ours = exceptionBreakpointFilters.filter(({ filter: id }) => id.startsWith("asyncscope."));
    assert.deepEqual(
      ours.map(({ label }) => label),
      [
        "Task Created",
        "Task Failed",
        "Task Cancelled",
        "Error Never Retrieved",
        "Deadlock",
        "Event Loop Blocked",
        "Await Takes Long",
      ],
    );
    for (const each of ours) {
      assert.equal(each.default, false);
      assert.equal(each.supportsCondition, true);
      assert.ok((each.conditionDescription ?? "") !== "");
    }
  });

  it("say what is wrong with a condition", async () => {
    const session = Session.inMemory();
    await session.initialize();
    const { breakpoints } = (await session.request<DebugProtocol.SetExceptionBreakpointsResponse["body"]>(
      "setExceptionBreakpoints",
      {
        filters: [],
        filterOptions: [
          filter("loopBlocked", "soon"),
          filter("taskFailed", "state:running"),
          filter("awaitTakesLong", "2s worker"),
        ],
      },
    )) as { breakpoints: DebugProtocol.Breakpoint[] };
    assert.deepEqual(
      breakpoints.map(({ verified }) => verified),
      [false, false, true],
    );
    assert.match(breakpoints[0]!.message!, /“soon” is no time/);
    assert.match(breakpoints[1]!.message!, /state: and older: say nothing here/);
  });

  it("stop at the line that creates a task, with its locals, and leave the Debugger domain off until then", async () => {
    const session = await start("stops.mjs", [filter("taskCreated", "steady")]);
    const stop = await session.stopped();
    assert.equal(stop.reason, "task created");
    assert.equal(stop.text, "Task steady is created here.");
    const [top] = await session.frames();
    assert.deepEqual([top?.name, top?.line, top?.hint], ["boss", session.line("created"), undefined]);
    const locals = await session.variables(top!.id);
    // It has no value yet: V8 says so since Node 22.
    assert.match(locals.get("task")?.value ?? "", /^(?:undefined|<not initialized>)$/);
    await session.step("next");
    assert.equal((await session.frames())[0]?.line, session.line("fetch"));
    await session.resume();
    await session.ended();
  });

  it("stop where the error of a task was thrown, in both forms, and show it", async () => {
    const session = await start("stops.mjs", [filter("taskFailed")]);
    for (const [marker, name, error] of [
      ["rejected", "fetch", "RangeError: too far"],
      ["thrown", "import", "TypeError: no accounts.csv"],
    ] as const) {
      const stop = await session.stopped();
      assert.equal(stop.reason, "exception");
      assert.equal(stop.text, `Task ${name} failed with ${error}.`);
      assert.equal((await session.frames())[0]?.line, session.line(marker));
      const info = await session.request("exceptionInfo", { threadId: 1 });
      assert.deepEqual(
        [info.exceptionId, info.description, info.details.typeName],
        ["Task failed", stop.text, error.slice(0, error.indexOf(":"))],
      );
      await session.resume();
    }
    const stack = await session.ended();
    assert.equal(typeof stack, "number");
  });

  it("stop at the line that cancels a task, once for each request", async () => {
    const session = await start("stops.mjs", [filter("taskCancelled")]);
    const stop = await session.stopped();
    assert.equal(stop.reason, "task cancelled");
    assert.equal(stop.text, "Task steady is cancelled by Task-1: enough.");
    assert.equal((await session.frames())[0]?.line, session.line("cancelled"));
    await session.resume();
    await session.ended();
  });

  it("stop when nobody can look at an error any more, where it was thrown", async () => {
    const session = await start("stops.mjs", [filter("errorNeverRetrieved")]);
    const stop = await session.stopped();
    assert.match(
      stop.text!,
      /^Nobody has looked at the error of task .*import.*: TypeError: no accounts.csv\.$/,
    );
    assert.equal((await session.frames())[0]?.line, session.line("thrown"));
    await session.resume();
    await session.ended();
  });

  it("do not stop what does not match, and cost no Debugger domain", async () => {
    const session = await start("stops.mjs", [
      filter("taskCreated", "nobody"),
      filter("taskFailed", "nobody"),
      filter("taskCancelled", "nobody"),
      filter("errorNeverRetrieved", "nobody"),
      filter("awaitTakesLong", "60000"),
    ]);
    await session.ended();
    assert.ok(!session.client.events.some(({ event }) => event === "stopped"));
    // It is on for no longer than it takes to learn which scripts there are.
    const commands = session.cdp.filter((command) => command.startsWith("Debugger."));
    assert.ok(
      commands.indexOf("Debugger.disable") - commands.indexOf("Debugger.enable") <= 2,
      commands.join(" "),
    );
  });

  it("show the tasks of a deadlock as stopped, at the first line of the finding, while the program runs", async () => {
    const session = await start("deadlocks.mjs", [filter("deadlock", "set")]);
    const stop = await pinned(session);
    assert.equal(stop.reason, "exception");
    assert.equal(stop.description, "Deadlock");
    assert.match(stop.text!, /^Deadlock: task set waits at deadlocks\.mjs:\d+ for Lock settings/);
    const [top] = await session.frames(stop.threadId);
    assert.equal(top?.line, session.line("again"));
    const info = await session.request("exceptionInfo", { threadId: stop.threadId });
    assert.deepEqual([info.exceptionId, info.description], ["Deadlock", stop.text]);
    await session.request("continue", { threadId: stop.threadId });
    await session.client.event(
      "thread",
      (body) => body.reason === "exited" && body.threadId === stop.threadId,
    );
  });

  it("show the line that took a lock which is never released above the task that waits for it", async () => {
    const session = await start("deadlocks.mjs", [filter("deadlock", "next")]);
    const stop = await pinned(session);
    assert.match(stop.text!, /never released Lock vault/);
    const frames = await session.frames(stop.threadId);
    assert.equal(frames[0]?.line, session.line("taken"));
    assert.equal(frames[1]?.hint, "label");
    assert.ok(frames.some(({ line }) => line === session.line("next")));
  });

  it("show a task as stopped that waits for longer than asked, once", async () => {
    const session = await start("long-waits.mjs", [filter("awaitTakesLong", "100 patient")]);
    const stop = await pinned(session);
    assert.equal(stop.description, "Await takes long");
    const line = session.line("get");
    assert.match(
      stop.text!,
      new RegExp(
        `^Task patient has waited for [\\d.]+ m?s at long-waits\\.mjs:${line} for Queue jobs 0, and so has 1 other\\.$`,
      ),
    );
    assert.equal((await session.frames(stop.threadId))[0]?.line, line);
    await session.request("continue", { threadId: stop.threadId });
    await session.client.event("thread", (body) => body.reason === "exited");
    // Other looks follow; the wait is told.
    await new Promise((resolve) => setTimeout(resolve, 800));
    const stops = session.client.events.filter(({ event }) => event === "stopped");
    assert.equal(stops.length, 1);
  });

  for (const kind of ["loop", "regex", "wait"])
    it(`stop in what blocks the event loop (${kind}), while it does`, async () => {
      const session = await start("holds.mjs", [filter("loopBlocked", "200")], { args: [kind, "20000"] });
      const stop = await session.stopped();
      assert.equal(stop.reason, "exception");
      assert.equal(stop.description, "Event loop blocked");
      assert.match(stop.text!, /^The event loop has been blocked for [\d.]+ m?s by task clerk\.$/);
      const stack = await session.stack();
      assert.equal(stack[0], `${kind} holds.mjs:${session.line(kind)}`);
      assert.equal(stack[1], `clerk holds.mjs:${session.line("hold")}`);
    });

  it("stop behind a child process that was waited for synchronously, and say what it was", async () => {
    const session = await start("holds.mjs", [filter("loopBlocked", "200")], { args: ["child", "1500"] });
    const stop = await session.stopped();
    const child =
      process.platform === "linux" ? ": it waits for the child process “.* -e setTimeout.*”, which.*" : "";
    assert.match(
      stop.text!,
      new RegExp(`^The event loop has been blocked for [\\d.]+ m?s(?: by task clerk)?${child}\\.$`),
    );
    const frames = await session.stack();
    assert.ok(
      frames.some(
        (frame) => frame === `clerk holds.mjs:${session.line("hold")}` || frame.startsWith("clerk "),
      ),
      frames.join("\n"),
    );
    await session.resume();
    await session.ended();
  });

  it("do not take a program that has much to do, or stands at a breakpoint, for one that is blocked", async () => {
    const session = await start("rounds.mjs", [filter("loopBlocked", "5s")]);
    await session.ended().catch(() => undefined);
    assert.ok(!session.client.events.some(({ event }) => event === "stopped"));
    const calm = Session.inMemory();
    await calm.launch("holds.mjs", {
      stopAt: ["hold"],
      filterOptions: [filter("loopBlocked", "3s")],
      config: { args: ["nothing"] },
    });
    await calm.stopAt("hold");
    await new Promise((resolve) => setTimeout(resolve, 4000));
    await calm.resume();
    await calm.ended();
    assert.equal(calm.client.events.filter(({ event }) => event === "stopped").length, 1);
  });
});

/** Waits for a stop of a task while the program runs, to which the editor goes. */
function pinned(session: Session): Promise<DebugProtocol.StoppedEvent["body"] & { threadId: number }> {
  return session.client.event("stopped", (body) => body.threadId >= 1000 && body.preserveFocusHint === false);
}
