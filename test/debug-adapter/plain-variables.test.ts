import assert from "node:assert/strict";
import type { DebugProtocol } from "@vscode/debugprotocol";
import type { TreeBody } from "@asyncscope/protocol";
import { Session, type Frame } from "../support/dap-session.js";
import { FIRST_TASK_THREAD } from "../../debug-adapter/src/tasks/pins.js";
import { eventually } from "../support/eventually.js";

type Variables = ReadonlyMap<string, DebugProtocol.Variable>;

/** `name = value`, sorted, without the rows that only open. */
const texts = (variables: Variables): string[] =>
  [...variables.values()]
    .filter(({ value }) => value !== "")
    .map(({ name, value }) => `${name} = ${value}`)
    .sort();

describe("variables of suspended async functions", () => {
  afterEach(() => Session.closeAll());

  async function start(program = "plain-variables.mjs", config = {}): Promise<Session> {
    const session = Session.inMemory();
    await session.launch(program, { client: { supportsInvalidatedEvent: true }, config });
    return session;
  }

  /** The frames of the task whose name begins so, pinned, while the program runs. */
  async function pinned(session: Session, name: string): Promise<Frame[]> {
    let body: TreeBody | undefined;
    await eventually(`a task ${name}`, async () => {
      body = await session.request<TreeBody>("asyncscope/tree", {
        order: "creation",
        pages: [{ task: 0 }],
        deep: true,
      });
      return body.tasks.some((task) => task.name.startsWith(name));
    });
    const { id } = body!.tasks.find((task) => task.name.startsWith(name))!;
    const { threadId } = await session.request("asyncscope/pin", { task: id, pinned: true });
    await session.client.event("stopped", (stop) => stop.threadId === threadId);
    return session.frames(threadId);
  }

  const scopes = async (session: Session, frame: Frame): Promise<readonly DebugProtocol.Scope[]> =>
    (await session.request<DebugProtocol.ScopesResponse["body"]>("scopes", { frameId: frame.id })).scopes;

  it("are looked for when somebody opens them, said with what that costs, and are live from then on", async () => {
    const session = await start();
    const [fetchPart, collect] = await pinned(session, "collect");
    const [search, ...others] = await scopes(session, fetchPart!);
    assert.match(search!.name, /^Locals: stops the program for about \d+\.\d s$/);
    assert.deepEqual([search!.expensive, others], [true, []]);

    const found = await session.variables(fetchPart!.id, "Locals");
    assert.deepEqual(texts(found), [
      "id = 7",
      "label = 'x7'",
      "retries = 2",
      "tag = 'x'",
      "tags = (2) ['x', 'y']",
    ]);
    await session.client.event("invalidated", ({ areas }) => areas[0] === "variables");

    const names = (await scopes(session, fetchPart!)).map(({ name }) => name);
    assert.deepEqual(names.slice(0, 4), ["Block", "Block", "Local (fetchPart)", "Module"]);
    assert.deepEqual(texts(await session.variables(fetchPart!.id)), [
      "id = 7",
      "retries = 2",
      "tags = (2) ['x', 'y']",
    ]);
    // Those of its callers came with it.
    const outer = await session.variables(collect!.id);
    assert.deepEqual(
      [outer.get("sum")?.value, outer.get("count")?.value, outer.has("add")],
      ["3", "3", true],
    );
    assert.ok(!session.cdp.includes("Debugger.pause"));
    assert.equal(session.cdp.filter((method) => method === "HeapProfiler.takeHeapSnapshot").length, 1);
  });

  it("are read for what somebody types in the Debug Console, and for a watch only when they are known", async () => {
    const session = await start();
    const [fetchPart] = await pinned(session, "collect");
    await assert.rejects(
      session.evaluate("label", fetchPart!.id, "watch"),
      /open its Locals in the Variables view/,
    );
    assert.ok(!session.cdp.includes("HeapProfiler.takeHeapSnapshot"));
    assert.equal(await session.evaluate("label + id", fetchPart!.id, "repl"), "'x77'");
    assert.equal(await session.evaluate("tags.length", fetchPart!.id, "watch"), "2");
  });

  it("are gone where nothing can resume the function any more, and that is said", async () => {
    const session = await start();
    const [lost] = await pinned(session, "lost");
    await assert.rejects(session.variables(lost!.id, "Locals"), /nothing in the program can resume it/);
  });

  for (const instrument of [true, false])
    it(`are found for tasks of the runtime, and the functions in between with them (${instrument ? "with" : "without"} the loader)`, async () => {
      const session = await start("async-variables.mjs", { instrument });
      const [seen] = await pinned(session, "worker-1");
      const threadId = FIRST_TASK_THREAD;
      assert.deepEqual(
        (await session.stack(threadId))[0],
        `(anonymous) async-variables.mjs:${session.line("next-await")}`,
      );
      assert.deepEqual(texts(await session.variables(seen!.id, "Locals")), [
        "kind = 'job'",
        "wanted = 'jobs'",
      ]);
      await session.client.event("invalidated", ({ areas }) => areas[0] === "stacks");
      assert.deepEqual((await session.stack(threadId)).slice(0, 2), [
        `next async-variables.mjs:${session.line("next-await")}`,
        `worker async-variables.mjs:${session.line("worker-await")}`,
      ]);
      const [next, worker] = await session.frames(threadId);
      assert.deepEqual(texts(await session.variables(worker!.id)), ["number = 1", "seen = (0) []"]);
      assert.equal(await session.evaluate("wanted", next!.id, "watch"), "'jobs'");
    });
});
