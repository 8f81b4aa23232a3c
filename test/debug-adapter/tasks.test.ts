import assert from "node:assert/strict";
import { Session } from "../support/dap-session.js";

describe("tasks", () => {
  afterEach(() => Session.closeAll());

  it("explore", async () => {
    const session = Session.inMemory();
    await session.launch("workers.mjs", { config: { args: ["stay"] } });
    await session.client.until(() => session.client.output("stdout").includes("sums") || undefined, "sums");
    const t = performance.now();
    const tree = await session.request("asyncscope/tree", {
      order: "creation",
      pages: [{ task: 0 }],
      deep: true,
    });
    console.log(performance.now() - t);
    console.log(JSON.stringify(tree, null, 1));
    console.log(JSON.stringify(await session.request("asyncscope/resources", {}), null, 1));
    const waiting = tree.tasks.find((t: any) => t.name === "waiting");
    console.log(JSON.stringify(await session.request("asyncscope/chain", { task: waiting.id }), null, 1));
    console.log(await session.request("asyncscope/pin", { task: waiting.id, pinned: true }));
    console.log(await session.client.event("stopped", (b) => b.threadId >= 1000));
    console.log(await session.stack(1000));
    const [top] = await session.frames(1000);
    console.log(await session.variables(top!.id));
    console.log(
      await session.evaluate("label + secret.deep.length", top!.id),
      await session.evaluate("secret", top!.id, "hover"),
    );
    console.log(session.cdp.join(" "));
    assert.ok(true);
  });
});
