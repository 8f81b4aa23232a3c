import assert from "node:assert/strict";
import { fixture, Session } from "../support/dap-session.js";

/** Steps and says after each where it is: `function:line value`. */
async function walk(
  session: Session,
  kinds: readonly ("next" | "stepIn" | "stepOut")[],
  watch: string,
): Promise<string[]> {
  const trail: string[] = [];
  for (const kind of kinds) {
    await session.step(kind);
    const [top] = await session.frames();
    trail.push(`${top!.name}:${top!.line} ${await session.evaluate(watch, top!.id)}`);
  }
  return trail;
}

const clear = (session: Session, file: string): Promise<unknown> =>
  session.request("setBreakpoints", { source: { path: fixture(file) }, breakpoints: [] });

describe("stepping in synchronous code", () => {
  afterEach(() => Session.closeAll());

  it("goes over, into and out of calls", async () => {
    const session = Session.inMemory();
    await session.launch("simple.cjs", { stopAt: ["call"] });
    await session.stopAt("call");
    await clear(session, "simple.cjs");
    assert.deepEqual(await walk(session, ["stepIn", "next", "stepOut", "next"], "typeof a"), [
      `add:${session.line("sum")} 'number'`,
      `add:${session.line("return")} 'number'`,
      `(anonymous):${session.line("call") + 1} 'undefined'`,
      `(anonymous):${session.line("log")} 'undefined'`,
    ]);
    await session.resume();
    assert.equal(await session.ended(), 0);
  });

  it("passes over files to skip, whose frames are dimmed", async () => {
    const session = Session.inMemory();
    await session.launch("uses-library.cjs", { stopAt: ["call"], config: { skipFiles: ["**/library/**"] } });
    await session.stopAt("call");
    await clear(session, "uses-library.cjs");
    await session.step("stepIn");
    const frames = await session.frames();
    assert.deepEqual(
      frames.slice(0, 3).map(({ name, hint }) => [name, hint]),
      [
        ["double", undefined],
        ["apply", "subtle"],
        ["(anonymous)", undefined],
      ],
    );
    assert.equal(frames[0]!.line, session.line("callback"));
  });

  it("is refused with a reason while the program runs", async () => {
    const session = Session.inMemory();
    await session.launch("endless.cjs");
    await session.client.event("process");
    for (const command of ["next", "stepIn", "stepOut", "continue"])
      assert.match((await session.client.failure(command, { threadId: 1 })).message, /pause it first/);
    assert.match((await session.client.failure("next", { threadId: 77 })).message, /no thread 77/);
  });
});

describe("stepping over an await", () => {
  afterEach(() => Session.closeAll());

  it("stays in the same async function while another call of it runs", async () => {
    const session = Session.inMemory();
    await session.launch("native-async.mjs", { stopAt: ["inner-await"], config: { instrument: false } });
    await session.stopAt("inner-await");
    await clear(session, "native-async.mjs");
    const line = (marker: string): number => session.line(marker);
    assert.deepEqual(await walk(session, Array<"next">(6).fill("next"), "id"), [
      `inner:${line("inner-after")} 1`,
      `inner:${line("inner-return")} 1`,
      `inner:${line("inner-return")} 1`,
      `middle:${line("middle-after")} 1`,
      `middle:${line("middle-after")} 1`,
      `outer:${line("outer-log")} 1`,
    ]);
    assert.deepEqual(await session.stack(), [
      `outer native-async.mjs:${line("outer-log")}`,
      "[await Promise.all]",
      `(anonymous) native-async.mjs:${line("all")}`,
    ]);
  });

  it("stays in the same task while another task runs the same coroutine", async () => {
    const session = Session.inMemory();
    await session.launch("workers.mjs", { stopAt: ["compute"] });
    await session.stopAt("compute");
    await clear(session, "workers.mjs");
    const line = (marker: string): number => session.line(marker);
    const id = "typeof worker === 'number' ? worker : id";
    assert.deepEqual(await walk(session, Array<"next">(7).fill("next"), id), [
      `compute:${line("inner-sleep")} 100`,
      `compute:${line("compute-return")} 100`,
      `compute:${line("compute-return")} 100`,
      `worker:${line("after-compute")} 100`,
      `worker:${line("pause")} 100`,
      `worker:${line("await-compute") - 1} 100`,
      `worker:${line("await-compute") - 1} 100`,
    ]);
  });

  it("goes into a coroutine that is awaited, and out of it to the one that awaits", async () => {
    const session = Session.inMemory();
    await session.launch("workers.mjs", { stopAt: ["await-compute"] });
    await session.stopAt("await-compute");
    await clear(session, "workers.mjs");
    const line = (marker: string): number => session.line(marker);
    const id = "typeof worker === 'number' ? worker : id";
    assert.deepEqual(await walk(session, ["stepIn", "stepIn", "stepIn", "stepOut"], id), [
      `compute:${line("compute")} 100`,
      `compute:${line("inner-sleep")} 100`,
      `compute:${line("compute-return")} 100`,
      `worker:${line("after-compute")} 100`,
    ]);
  });

  it("lets the program go on when the task ends", async () => {
    const session = Session.inMemory();
    await session.launch("workers.mjs", { stopAt: ["worker-return"] });
    await session.stopAt("worker-return");
    await clear(session, "workers.mjs");
    await session.request("stepOut", { threadId: 1 });
    assert.equal(await session.ended(), 0);
    assert.equal(session.client.output("stdout"), "sums 306 606\ndone\n");
  });
});
