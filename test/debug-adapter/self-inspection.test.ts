import assert from "node:assert/strict";
import { Session } from "../support/dap-session.js";

describe("a program that looks at its own call graph while it is debugged", () => {
  afterEach(() => Session.closeAll());

  it("keeps its breakpoints and exception stops, and can be asked while it is paused", async () => {
    const session = Session.inMemory();
    await session.launch("looks-at-itself.mjs", { stopAt: ["after"], exceptions: ["all"] });
    assert.equal((await session.stopped()).reason, "exception");
    const frame = (await session.frames())[0]!;
    assert.equal(frame.line, session.line("caught"));
    const name = "look(nap).callStack[0].functionName";
    assert.equal(await session.evaluate(name, frame.id), "'napper'");
    await session.resume();
    await session.stopAt("after");
    const after = (await session.frames())[0]!;
    assert.equal(await session.evaluate("frame.line", after.id), String(session.line("nap")));
    // Since Node 22 V8 tells of the CancelledError, too, that the runtime throws into the coroutine at the end.
    await session.request("setExceptionBreakpoints", { filters: [] });
    await session.resume();
    assert.equal(await session.ended(), 0);
    assert.match(session.client.output("stdout"), /stands at line \d+/);
  }).timeout(120_000);
});
