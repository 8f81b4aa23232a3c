import assert from "node:assert/strict";
import { Session } from "../support/dap-session.js";

describe("breakpoints", () => {
  afterEach(() => Session.closeAll());

  it("stop at their line, with the stack and the variables", async () => {
    const session = Session.spawn();
    await session.launch("simple.cjs", { stopAt: ["sum"] });
    const top = await session.stopAt("sum");
    assert.deepEqual((await session.stack()).slice(0, 2), ["add simple.cjs:4", "(anonymous) simple.cjs:18"]);
    const locals = await session.variables(top.id);
    assert.equal(locals.get("a")?.value, "2");
    assert.equal(locals.get("b")?.value, "3");
    await session.resume();
    assert.equal(await session.ended(), 0);
    assert.equal(session.client.output("stdout"), "result 5 3\n");
    assert.equal(session.client.output("stderr"), "");
  });
});
