import assert from "node:assert/strict";
import type { ChainBody, ResourcesBody, TaskNode, TreeBody } from "@asyncscope/protocol";
import { PATIENCE_MS } from "../support/dap-client.js";
import { fixture, Session } from "../support/dap-session.js";

/** Asks until there is an answer; between two questions the rest of the process has its turn. */
async function eventually<T>(ask: () => Promise<T | undefined>): Promise<T> {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await new Promise((resolve) => setImmediate(resolve));
  }
  throw new Error(`no answer within ${PATIENCE_MS} ms; the last one was ${JSON.stringify(await ask())}`);
}

const WORKERS = fixture("workers.mjs");

/** Starts the workers and waits until only `main` (in a long sleep) and `waiting` (on the queue) are left. */
async function settled(session: Session): Promise<void> {
  await session.launch("workers.mjs", { config: { args: ["stay"] } });
  await session.client.until(
    () => (session.client.output("stdout").includes("sums") ? true : undefined),
    "the sums",
  );
  // It prints just before it begins to sleep.
  await eventually(async () => ((await tree(session)).counts.suspended === 2 ? true : undefined));
}

function tree(session: Session, more: object = {}): Promise<TreeBody> {
  return session.request("asyncscope/tree", { order: "creation", pages: [{ task: 0 }], deep: true, ...more });
}

const named = (body: TreeBody, name: string): TaskNode => {
  const found = body.tasks.find((task) => task.name === name);
  assert.ok(
    found,
    `no task ${name} among ${body.tasks.map((task) => task.name).join(", ")} (${body.status}: ${body.message})`,
  );
  return found;
};

describe("the task tree", () => {
  afterEach(() => Session.closeAll());

  it("shows the tasks of a running program with the line each stands at", async () => {
    const session = Session.inMemory();
    await settled(session);
    const body = await tree(session);
    assert.equal(body.status, "live");
    assert.equal(body.counts.suspended, 2);
    const waiting = named(body, "waiting");
    assert.equal(waiting.state, "suspended");
    assert.equal(waiting.waits[0]?.kind, "queue-get");
    assert.deepEqual([waiting.location?.path, waiting.location?.line], [WORKERS, session.line("get")]);
    assert.equal(waiting.createdAtLocation?.path, WORKERS);
    const main = body.tasks.find(({ coroutine }) => coroutine === "main");
    assert.equal(main?.location?.line, session.line("stay"));
    assert.equal(waiting.parent, main.id);
  });

  it("filters in the program and pages", async () => {
    const session = Session.inMemory();
    await settled(session);
    const body = await tree(session, { filter: { text: "QUEUE JOBS" } });
    assert.deepEqual(body.tasks.map(({ name }) => name).sort(), ["Task-1", "waiting"]);
    const page = await session.request<TreeBody>("asyncscope/tree", {
      order: "creation",
      pages: [{ task: named(body, "Task-1").id, offset: 1, limit: 1 }],
    });
    assert.equal(page.pages[0]?.children.length, 1);
    assert.equal(page.pages[0].total, 3);
  });

  it("is the same while the program stands at a breakpoint, which names the task", async () => {
    const session = Session.inMemory();
    await session.launch("workers.mjs", { stopAt: ["compute"] });
    const stop = await session.stopped();
    assert.equal(stop.description, "Paused in worker-1");
    const body = await tree(session);
    assert.equal(body.status, "paused");
    assert.equal(named(body, "worker-1").state, "running");
    assert.equal(named(body, "worker-1").location?.line, session.line("compute"));
    assert.equal(named(body, "waiting").location?.line, session.line("get"));
  });

  it("keeps its last state when the program has ended", async () => {
    const session = Session.inMemory();
    await session.launch("abandoned.mjs");
    assert.equal(await session.ended(), 0);
    const body = await tree(session);
    assert.equal(body.status, "ended");
    assert.equal(named(body, "stuck").waits[0]?.kind, "queue-get");
    assert.equal(named(body, "stuck").createdAtLocation?.line, session.line("stuck"));
  });

  it("answers while a task keeps the event loop busy, and shows which", async () => {
    const session = Session.inMemory();
    await session.launch("blocked.mjs", { config: { args: ["loop"] } });
    const body = await eventually(async () => {
      const answer = await tree(session);
      const running = answer.tasks.find(({ state }) => state === "running");
      return running !== undefined && answer.now - running.since > 1000 ? answer : undefined;
    });
    assert.equal(body.status, "live");
    assert.equal(body.tasks.find(({ state }) => state === "running")?.coroutine, "main");
    await session.request("pause", { threadId: 1 });
    await session.stopped();
    assert.match((await session.stack()).join("\n"), /^block blocked\.mjs/);
  });

  it("says so when the program cannot answer, within two seconds", async () => {
    const session = Session.inMemory();
    await session.launch("blocked.mjs", { config: { args: ["wait"] } });
    const body = await eventually(async () => {
      const start = performance.now();
      const answer = await tree(session);
      assert.ok(performance.now() - start < 15_000);
      return answer.status === "blocked" ? answer : undefined;
    });
    assert.match(body.message ?? "", /does not answer/);
    assert.equal(body.tasks.length, 1);
  });

  it("says why there is nothing in a program without the runtime", async () => {
    const session = Session.inMemory();
    await session.launch("endless.cjs");
    const body = await tree(session);
    assert.equal(body.status, "none");
    assert.match(body.message ?? "", /imports 'asyncscope'/);
  });

  it("refuses a runtime of another protocol version, naming both", async () => {
    const session = Session.inMemory();
    await session.launch("foreign-version.cjs");
    await session.client.until(
      () => (session.client.output("stdout").includes("ready") ? true : undefined),
      "the program",
    );
    const body = await tree(session);
    assert.equal(body.status, "none");
    assert.match(body.message ?? "", /protocol 99 .*9\.9\.9.* speaks 1\b/);
  });

  it("says when it has changed, at most four times a second and only after being asked", async () => {
    const session = Session.inMemory();
    await session.launch("busy.mjs");
    await session.client.event("asyncscope/changed");
    const changes = (): number =>
      session.client.events.filter(({ event }) => event === "asyncscope/changed").length;
    const before = changes();
    await tree(session);
    await session.client.until(() => (changes() > before ? true : undefined), "a change");
    const start = performance.now();
    const first = changes();
    while (performance.now() - start < 1000) {
      await tree(session);
      await session.client.event("asyncscope/changed", () => true, session.client.events.length);
    }
    const perSecond = ((changes() - first) * 1000) / (performance.now() - start);
    assert.ok(perSecond <= 4.5, `${perSecond} changes a second`);
  });
});

describe("queues and chains", () => {
  afterEach(() => Session.closeAll());

  it("lists queues with who waits, and their items as variables", async () => {
    const session = Session.inMemory();
    await session.launch("queues.mjs");
    await session.client.until(
      () => (session.client.output("stdout").includes("ready") ? true : undefined),
      "ready",
    );
    const body = await session.request<ResourcesBody>("asyncscope/resources", {});
    const jobs = body.resources.find(({ name }) => name === "jobs")!;
    assert.equal(jobs.state, "2/2");
    assert.equal(jobs.createdAtLocation?.path, fixture("queues.mjs"));
    assert.equal(jobs.waiters[0]?.role, "putter");
    assert.equal(body.tasks.find(({ id }) => id === jobs.waiters[0]?.task)?.name, "producer");
    const items = await session.children(jobs.itemsReference, { filter: "indexed", start: 0, count: 10 });
    assert.deepEqual([...items.keys()], ["0", "1"]);
    assert.equal(items.get("0")?.value, "{job: 1, data: {…}}");
    const item = await session.children(items.get("0")!.variablesReference);
    assert.equal(item.get("job")?.value, "1");
  });

  it("gives the await chain of a task with positions", async () => {
    const session = Session.inMemory();
    await session.launch("queues.mjs");
    await session.client.until(
      () => (session.client.output("stdout").includes("ready") ? true : undefined),
      "ready",
    );
    const producer = named(await tree(session), "producer");
    const chain = await session.request<ChainBody>("asyncscope/chain", { task: producer.id });
    const user = chain.frames.filter(({ kind }) => kind === "generator");
    assert.deepEqual(
      user.map(({ functionName, location }) => [functionName, location?.line]),
      [
        ["push", session.line("push")],
        ["producer", session.line("producer")],
      ],
    );
  });

  it("cancels a task", async () => {
    const session = Session.inMemory();
    await settled(session);
    const { id } = named(await tree(session), "waiting");
    assert.deepEqual(await session.request("asyncscope/cancelTask", { task: id, message: "enough" }), {
      requested: true,
    });
    const after = await eventually(async () => {
      const answer = await tree(session);
      return ["suspended", "scheduled", "running"].includes(named(answer, "waiting").state)
        ? undefined
        : answer;
    });
    assert.equal(named(after, "waiting").state, "cancelled");
    assert.deepEqual(await session.request("asyncscope/cancelTask", { task: 4711 }), { requested: false });
  });
});

describe("a pinned task", () => {
  afterEach(() => Session.closeAll());

  const pinned = async (session: Session, name: string): Promise<number> => {
    const { id } = named(await tree(session), name);
    return (await session.request("asyncscope/pin", { task: id, pinned: true })).threadId;
  };

  it("is a stopped thread with its stack and live variables while the program runs", async () => {
    const session = Session.inMemory();
    await settled(session);
    const threadId = await pinned(session, "waiting");
    const stop = await session.client.event("stopped", (body) => body.threadId === threadId);
    assert.equal(stop.description, "suspended: Queue jobs 0/3");
    assert.equal(stop.allThreadsStopped, false);
    assert.equal(stop.preserveFocusHint, true);
    const { threads } = await session.request("threads");
    assert.deepEqual(threads, [
      { id: 1, name: "workers.mjs" },
      { id: threadId, name: "waiting" },
    ]);
    assert.deepEqual(await session.stack(threadId), [
      `consumer workers.mjs:${session.line("get")}`,
      "[waiting created by]",
      `main workers.mjs:${session.line("create-waiting")}`,
    ]);
    const [top] = await session.frames(threadId);
    const locals = await session.variables(top!.id);
    assert.equal(locals.get("label")?.value, "'consumer of jobs'");
    assert.ok((await session.children(locals.get("secret")!.variablesReference)).has("deep"));
    assert.equal(await session.evaluate("label.length + secret.deep[2]", top!.id, "watch"), "19");
    assert.equal(await session.evaluate("secret.deep", top!.id, "hover"), "(3) [1, 2, 3]");
    assert.ok(!session.cdp.includes("Debugger.pause"));
    // The main thread runs.
    assert.match((await session.client.failure("stackTrace", { threadId: 1 })).message, /running/);
  });

  it("says that its variables can only be read, and that it cannot be stepped", async () => {
    const session = Session.inMemory();
    await settled(session);
    const threadId = await pinned(session, "waiting");
    await session.client.event("stopped", (body) => body.threadId === threadId);
    const [top] = await session.frames(threadId);
    const { scopes } = await session.request("scopes", { frameId: top!.id });
    const set = { variablesReference: scopes[0].variablesReference, name: "label", value: "1" };
    assert.match((await session.client.failure("setVariable", set)).message, /suspended task/);
    assert.match((await session.client.failure("next", { threadId })).message, /Queue jobs/);
    assert.deepEqual(await session.request("continue", { threadId }), { allThreadsContinued: false });
  });

  it("continues and stops with the task, and exits with it", async () => {
    const session = Session.inMemory();
    await session.launch("rounds.mjs");
    await session.client.until(
      () => (session.client.output("stdout").includes("ready") ? true : undefined),
      "ready",
    );
    const threadId = await pinned(session, "rounds");
    const of = (name: string) => (): number | undefined => {
      const count = session.client.events.filter(
        (e) => e.event === name && e.body?.threadId === threadId,
      ).length;
      return count >= 2 ? count : undefined;
    };
    await session.client.until(of("stopped"), "two stops");
    await session.client.until(of("continued"), "two continues");
    await session.client.event("thread", (body) => body.threadId === threadId && body.reason === "exited");
    assert.equal((await session.client.failure("stackTrace", { threadId })).id, 3004);
    assert.equal(await session.ended(), 0);
  });

  it("can be unpinned; one that has ended cannot be pinned", async () => {
    const session = Session.inMemory();
    await settled(session);
    const body = await tree(session);
    const threadId = await pinned(session, "waiting");
    const unpinned = await session.request("asyncscope/pin", {
      task: named(body, "waiting").id,
      pinned: false,
    });
    assert.deepEqual(unpinned, { threadId, pinned: false });
    await session.client.event("thread", (event) => event.threadId === threadId && event.reason === "exited");
    const error = await session.client.failure("asyncscope/pin", {
      task: named(body, "worker-1").id,
      pinned: true,
    });
    assert.match(error.message, /has finished/);
  });
});

describe("the Debugger domain", () => {
  afterEach(() => Session.closeAll());

  const transitions = (session: Session): string[] =>
    session.cdp.filter((method) => method === "Debugger.enable" || method === "Debugger.disable");

  it("stays off in a program that only has its tasks looked at, but for a moment to learn its scripts", async () => {
    const session = Session.inMemory();
    await session.launch("workers.mjs", { config: { args: ["stay"] } });
    await session.client.until(
      () => (session.client.output("stdout").includes("sums") ? true : undefined),
      "the sums",
    );
    assert.deepEqual(transitions(session), []);
    for (let i = 0; i < 3; i++) await tree(session);
    assert.deepEqual(transitions(session), ["Debugger.enable", "Debugger.disable"]);
  });

  it("is on while there is a breakpoint, and goes off with the last one", async () => {
    const session = Session.inMemory();
    await session.launch("endless.cjs", { stopAt: ["turn"] });
    await session.stopAt("turn");
    assert.deepEqual(transitions(session), ["Debugger.enable"]);
    await session.request("setBreakpoints", { source: { path: fixture("endless.cjs") }, breakpoints: [] });
    assert.deepEqual(transitions(session), ["Debugger.enable"]);
    await session.resume();
    await eventually(() => Promise.resolve(transitions(session).length === 2 ? true : undefined));
    assert.deepEqual(transitions(session), ["Debugger.enable", "Debugger.disable"]);
    // And a pause switches it on and off again.
    await session.request("pause", { threadId: 1 });
    await session.stopped();
    await session.resume();
    await eventually(() => Promise.resolve(transitions(session).length === 4 ? true : undefined));
  });

  it("never records async call stacks", async () => {
    const session = Session.inMemory();
    await session.launch("native-async.mjs", { stopAt: ["inner-after"], exceptions: ["all", "uncaught"] });
    await session.stopAt("inner-after");
    await session.step("next");
    assert.ok(session.cdp.includes("Debugger.enable"));
    assert.ok(!session.cdp.includes("Debugger.setAsyncCallStackDepth"));
  });
});
