/* eslint-disable @typescript-eslint/no-explicit-any -- bodies of DAP messages, looked into by tests */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fixture, Session } from "../support/dap-session.js";
import { eventually } from "../support/eventually.js";

const ENDLESS = fixture("endless.cjs");

describe("breakpoints", () => {
  afterEach(() => Session.closeAll());

  it("stop at their line, with the stack and the variables", async () => {
    const session = Session.spawn();
    await session.launch("simple.cjs", { stopAt: ["sum"] });
    const top = await session.stopAt("sum");
    assert.deepEqual((await session.stack()).slice(0, 2), [
      `add simple.cjs:${session.line("sum")}`,
      `(anonymous) simple.cjs:${session.line("call")}`,
    ]);
    const locals = await session.variables(top.id);
    assert.equal(locals.get("a")?.value, "2");
    // It has no value yet: V8 says so since Node 22.
    assert.match(locals.get("sum")?.value ?? "", /^(?:undefined|<not initialized>)$/);
    assert.equal(locals.get("b")?.value, "3");
    await session.resume();
    assert.equal(await session.ended(), 0);
    assert.equal(session.client.output("stdout"), "result 5 3\n");
    assert.equal(session.client.output("stderr"), "");
  });

  it("bind before the first statement of the program runs", async () => {
    for (const name of ["simple.cjs", "native-async.mjs"]) {
      const session = Session.spawn();
      const line =
        readFileSync(fixture(name), "utf8")
          .split("\n")
          .findIndex((text) => text.startsWith("const ")) + 1;
      await session.launch(name, { breakpoints: [{ line }] });
      assert.equal((await session.stopped()).reason, "breakpoint");
      assert.equal((await session.frames())[0]!.line, line);
      await session.close();
    }
  });

  it("stop on a condition, and say when it is wrong", async () => {
    const session = Session.inMemory();
    await session.launch("endless.cjs", { breakpoints: [] });
    const set = async (breakpoint: object): Promise<any> =>
      (await session.request("setBreakpoints", { source: { path: ENDLESS }, breakpoints: [breakpoint] }))
        .breakpoints[0];
    const line = session.line("turn");
    assert.equal((await set({ line, condition: "turns % 7 === 3" })).verified, true);
    await session.stopped();
    assert.equal(await session.evaluate("turns % 7", (await session.frames())[0]!.id), "3");
    const wrong = await set({ line, condition: "turns ===" });
    assert.equal(wrong.verified, false);
    assert.match(wrong.message, /condition has an error: SyntaxError/);
    assert.match((await set({ line, hitCondition: "often" })).message, /write 5, >5/);
    assert.match((await set({ line, logMessage: "{turns +}" })).message, /log message has an error/);
  });

  it("count their hits", async () => {
    for (const [hitCondition, expected] of [
      ["3", [3]],
      [">2", [3, 4]],
      ["%4", [4, 8]],
    ] as const) {
      const session = Session.inMemory();
      const line = 4;
      await session.launch("endless.cjs", { breakpoints: [{ line, hitCondition }] });
      for (const turn of expected) {
        await session.stopped();
        assert.equal(await session.evaluate("turns", (await session.frames())[0]!.id), String(turn - 1));
        await session.resume();
      }
      await session.close();
    }
  });

  it("log without stopping", async () => {
    const session = Session.inMemory();
    const logMessage = "turn {turns}: {{ half: turns / 2, text: 'x' }} {nowhere} \\{no\\}";
    await session.launch("endless.cjs", { breakpoints: [{ line: 4, logMessage, condition: "turns < 2" }] });
    const output = await session.client.event("output", ({ output: text }) => text.startsWith("turn 1"));
    assert.equal(output.output, "turn 1: {half: 0.5, text: 'x'} <nowhere is not defined> {no}\n");
    assert.deepEqual([output.source.path, output.line], [ENDLESS, 4]);
    assert.ok(!session.client.events.some(({ event }) => event === "stopped"));
  });

  it("can be set and removed while the program runs", async () => {
    const session = Session.inMemory();
    await session.launch("endless.cjs");
    let breakpoints: any;
    await eventually("the script is loaded, and the breakpoint is bound", async () => {
      ({ breakpoints } = await session.request("setBreakpoints", {
        source: { path: ENDLESS },
        breakpoints: [{ line: session.line("turn") }],
      }));
      return breakpoints[0].verified;
    });
    await session.stopAt("turn");
    const again = await session.request("setBreakpoints", {
      source: { path: ENDLESS },
      breakpoints: [{ line: session.line("turn") }],
    });
    assert.equal(again.breakpoints[0].id, breakpoints[0].id);
    await session.request("setBreakpoints", { source: { path: ENDLESS }, breakpoints: [] });
    await session.resume();
    await session.request("pause", { threadId: 1 });
    assert.equal((await session.stopped()).reason, "pause");
  });

  it("say why they are not verified, and where one can be", async () => {
    const session = Session.inMemory();
    await session.launch("simple.cjs", { stopAt: ["sum"] });
    await session.stopAt("sum");
    const { breakpoints } = await session.request("setBreakpoints", {
      source: { path: fixture("not-loaded.cjs") },
      breakpoints: [{ line: 3 }],
    });
    assert.equal(breakpoints[0].verified, false);
    assert.match(breakpoints[0].message, /Not loaded yet/);
    const line = session.line("call");
    const locations = await session.request("breakpointLocations", {
      source: { path: fixture("simple.cjs") },
      line,
    });
    assert.deepEqual(locations.breakpoints, [{ line, column: 16 }]);
  });

  it("work by the ten thousand", async () => {
    const session = Session.inMemory();
    await session.launch("endless.cjs");
    const breakpoints = Array.from({ length: 10_000 }, (_, i) => ({ line: i + 10 }));
    const start = performance.now();
    const body = await session.request("setBreakpoints", { source: { path: ENDLESS }, breakpoints });
    assert.equal(body.breakpoints.length, 10_000);
    assert.ok(performance.now() - start < 40_000);
    await session.request("setBreakpoints", {
      source: { path: ENDLESS },
      breakpoints: [{ line: session.line("turn") }],
    });
    await session.stopAt("turn");
  }).timeout(120_000);
});

describe("exceptions", () => {
  afterEach(() => Session.closeAll());

  it("stop where they are thrown, with what they are", async () => {
    const session = Session.inMemory();
    await session.launch("throws.cjs", { exceptions: ["all"] });
    const caught = await session.stopped();
    assert.equal(caught.reason, "exception");
    assert.equal(caught.text, "TypeError: expected");
    assert.equal((await session.frames())[0]!.line, session.line("caught"));
    const info = await session.request("exceptionInfo", { threadId: 1 });
    assert.equal(info.exceptionId, "TypeError");
    assert.match(info.details.stackTrace, /throws\.cjs/);
    const locals = await session.variables((await session.frames())[0]!.id);
    assert.equal(locals.get("Exception")?.value, "TypeError: expected");
    await session.resume();
    await session.stopped();
    assert.equal((await session.frames())[0]!.line, session.line("uncaught"));
    await session.resume();
    assert.equal(await session.ended(), 1);
  });

  it("stop only where nothing catches them, when so asked", async () => {
    const session = Session.inMemory();
    await session.launch("throws.cjs", { exceptions: ["uncaught"] });
    assert.equal((await session.stopped()).reason, "exception");
    assert.equal((await session.frames())[0]!.line, session.line("uncaught"));
  });

  it("pass when no filter is set", async () => {
    const session = Session.inMemory();
    await session.launch("throws.cjs");
    assert.equal(await session.ended(), 1);
    assert.ok(!session.cdp.includes("Debugger.enable"));
  });
});

describe("pausing", () => {
  afterEach(() => Session.closeAll());

  it("stops an idle program, and one that never returns", async () => {
    const session = Session.inMemory();
    await session.launch("idle.cjs");
    await session.client.until(
      () => (session.client.output("stdout").includes("ready") ? true : undefined),
      "ready",
    );
    const pause = async () => {
      await session.request("pause", { threadId: 1 });
      assert.equal((await session.stopped()).reason, "pause");
      return await session.stack();
    };
    // It said so in the middle of its only turn: it may be there still, or Node on its way back from there.
    const idle = "[idle: the program waits for an event]";
    let stack = await pause();
    for (let tries = 0; tries < 20 && !stack.includes(idle); tries++) {
      await session.resume();
      stack = await pause();
    }
    assert.deepEqual(stack, [idle]);
    await session.request("pause", { threadId: 1 });
    assert.equal(await session.evaluate("kept.value"), "42");
    await session.resume();
    assert.equal(await session.evaluate("kept.value + 1"), "43");
  });

  it("stops and resumes each time, while views ask about tasks without a rest", async () => {
    const session = Session.inMemory();
    await session.launch(resolve("test/fixtures/workshop.ts"));
    let stop = false;
    const view = async () => {
      while (!stop) {
        await session.request("asyncscope/tree", { order: "creation", pages: [{ task: 0 }], deep: true });
        await session.request("asyncscope/resources", {});
        await session.request("asyncscope/diagnosis", {});
      }
    };
    const views = Promise.all([view(), view()]);
    try {
      for (let round = 0; round < 20; round++) {
        await session.request("pause", { threadId: 1 });
        assert.equal((await session.stopped()).reason, "pause");
        assert.ok((await session.stack()).length > 0);
        await session.resume();
      }
    } finally {
      stop = true;
      await views;
    }
  }).timeout(180_000);
});
