import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import type { HeapSnapshotBody } from "@asyncscope/protocol";
import { nodeProcess } from "../../debug-adapter/src/backends/node/processes/node-processes.js";
import { fixture, isAlive, markerLine, Session } from "../support/dap-session.js";
import { eventually } from "../support/eventually.js";
import { treeOf as tree } from "../support/task-tree.js";

const PLAIN = fixture("plain-variables.mjs");

describe("attaching to a process that was started without a debugger", () => {
  const children: ChildProcess[] = [];
  afterEach(async () => {
    await Session.closeAll();
    for (const child of children.splice(0)) child.kill("SIGKILL");
  });

  /** A program that runs by itself; resolves when it can be attached to. */
  async function start(program: string, args: readonly string[] = []): Promise<number> {
    const child = spawn(process.execPath, ["--inspect-port=0", program, ...args], { stdio: "ignore" });
    children.push(child);
    await eventually("the program takes a debugger", async () => {
      return (await nodeProcess(child.pid!)).inspector === "closed";
    });
    return child.pid!;
  }

  async function attach(processId: number | string): Promise<Session> {
    const session = Session.spawn();
    await session.initialize();
    await session.request("attach", { processId });
    await session.request("configurationDone");
    return session;
  }

  it("opens its inspector, shows its tasks, and closes it again", async () => {
    const pid = await start(fixture("workers.mjs"), ["stay"]);
    const session = await attach(String(pid));
    await eventually("its tasks", async () =>
      (await tree(session)).tasks.some(({ name }) => name === "waiting"),
    );
    assert.match(await session.evaluate("require('node:inspector').url()"), /ws:\/\/127\.0\.0\.1/);
    await session.request("disconnect");
    assert.equal(await session.adapterExit, 0);
    await eventually("its inspector is closed", async () => (await nodeProcess(pid)).inspector === "closed");
    assert.ok(isAlive(pid));
  });

  it("finds the suspended functions of a plain program in its heap, with frames and variables", async () => {
    const pid = await start(PLAIN);
    const session = await attach(pid);
    assert.equal((await tree(session)).status, "none");
    const price = await session.request<HeapSnapshotBody>("asyncscope/heapSnapshot", { estimate: true });
    assert.ok(price.pause > 0 && price.heap > 1e6 && price.functions === undefined);
    assert.equal((await tree(session)).status, "none");

    const { functions } = await session.request<HeapSnapshotBody>("asyncscope/heapSnapshot");
    assert.equal(functions, 2);
    const body = await tree(session);
    assert.match(body.message ?? "", /^As it was at \d\d:\d\d:\d\d, read from the heap/);
    assert.deepEqual(
      body.tasks.map(({ name, location }) => [name, location?.line]),
      [["collect", markerLine(PLAIN, "fetch-await")]],
    );
    const { threadId } = await session.request("asyncscope/pin", { task: body.tasks[0]!.id, pinned: true });
    await session.client.event("stopped", (stop) => stop.threadId === threadId);
    const [fetchPart, collect] = await session.frames(threadId);
    assert.deepEqual([fetchPart!.name, collect!.name], ["fetchPart", "collect"]);
    assert.equal((await session.variables(collect!.id)).get("count")?.value, "3");
    assert.equal(await session.evaluate("label", fetchPart!.id, "watch"), "'x7'");
    // What views ask all the time is answered, too.
    for (const view of ["groups", "futures", "resources", "diagnosis", "suspensions"])
      await session.request(`asyncscope/${view}`, { pages: [] });
  });

  it("refuses to read the heap of a program that tells its tasks", async () => {
    const session = await attach(await start(fixture("workers.mjs"), ["stay"]));
    await eventually("its tasks", async () => (await tree(session)).tasks.length > 0);
    const { message } = await session.client.failure("asyncscope/heapSnapshot", {});
    assert.match(message, /tells its tasks itself/);
  });
});
