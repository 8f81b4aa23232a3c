import assert from "node:assert/strict";
import type { SuspendedAtBody, SuspendedLine, SuspensionsBody } from "@asyncscope/protocol";
import { eventually } from "../support/eventually.js";
import { fixture, Session } from "../support/dap-session.js";

const CROWD = fixture("crowd.mjs");

const ask = (session: Session, args: object = {}): Promise<SuspensionsBody> =>
  session.request<SuspensionsBody>("asyncscope/suspensions", args);

const tasksAt = (session: Session, marker: string): Promise<SuspendedAtBody> =>
  session.request<SuspendedAtBody>("asyncscope/suspendedAt", { path: CROWD, line: session.line(marker) });

async function started(options: { stopAt?: string[] } = {}): Promise<Session> {
  const session = Session.inMemory();
  await session.launch("crowd.mjs", options);
  if (options.stopAt) return session;
  await session.client.until(
    () => (session.client.output("stdout").includes("ready") ? true : undefined),
    "the crowd to stand",
  );
  // It prints just before its last wait.
  await eventually("all are suspended", async () => (await ask(session)).suspended === 405);
  return session;
}

describe("asyncscope/suspensions", () => {
  afterEach(() => Session.closeAll());

  it("counts the tasks of both forms by line, exactly or estimated from samples", async () => {
    const session = await started();
    const { lines, status, hiddenTasks, now } = await ask(session);
    const at = (marker: string): SuspendedLine => {
      const found = lines.find((each) => each.at.line === session.line(marker));
      assert.ok(found, `nothing at @${marker}: ${JSON.stringify(lines)}`);
      assert.equal(found.at.path, CROWD);
      return found;
    };
    assert.equal(status, "live");
    assert.equal(hiddenTasks, 0);
    assert.deepEqual([at("phone").count, at("phone").estimated], [3, undefined]);
    assert.deepEqual([at("first").count, at("first").estimated], [1, undefined]);
    assert.deepEqual([at("main").count, at("main").estimated], [1, undefined]);
    // A quarter of them, as far as samples can tell; together they are all.
    assert.equal(at("counter").estimated, true);
    assert.equal(at("counter").count + at("door").count, 400);
    assert.ok(at("counter").count > 20 && at("door").count > 200, JSON.stringify(lines));
    assert.ok(at("first").since < at("door").since, "the first one has waited longest");
    assert.ok(at("door").since <= now);
    // In the order of the file.
    const order = lines.map(({ at }) => at.line);
    assert.deepEqual(
      order,
      [...order].sort((a, b) => a - b),
    );
  });

  it("tells the lines of the files that are wanted, and asks for few positions of others", async () => {
    const session = await started();
    assert.equal((await ask(session, { paths: [CROWD] })).lines.length, 5);
    const other = await ask(session, { paths: ["/nowhere/else.mjs"] });
    assert.deepEqual(other.lines, []);
    assert.equal(other.suspended, 405);
    const capped = await ask(session, { paths: [CROWD], limit: 1 });
    assert.equal(capped.lines.length, 1);
    assert.equal(capped.lines[0]!.count + capped.hiddenTasks, 405);
  });

  it("lists some of the tasks that stand at a line, with what they wait for", async () => {
    const session = await started();
    await ask(session);
    const door = await tasksAt(session, "door");
    assert.ok(door.count > 200);
    assert.ok(door.tasks.length >= 5 && door.tasks.length <= 20);
    for (const task of door.tasks) {
      assert.match(task.name, /^guest-\d+$/);
      assert.equal(task.waits[0]?.label, "Event open not set");
    }
    const phones = await tasksAt(session, "phone");
    assert.deepEqual(phones.tasks.map(({ name }) => name).sort(), ["phone-0", "phone-1", "phone-2"]);
    const first = await tasksAt(session, "first");
    assert.deepEqual(
      first.tasks.map(({ name }) => name),
      ["first"],
    );
    await session.request("asyncscope/cancelTask", { task: first.tasks[0]!.id });
    await eventually(
      "a task that has gone on is left out",
      async () => (await tasksAt(session, "first")).tasks.length === 0,
    );
    assert.deepEqual((await tasksAt(session, "counter")).tasks.length > 0, true);
  });

  it("answers while the program is paused, and has nothing before it runs and after it has ended", async () => {
    const session = await started({ stopAt: ["main"] });
    await session.stopped();
    const body = await ask(session);
    assert.equal(body.status, "paused");
    assert.ok(body.lines.some(({ at }) => at.line === session.line("phone")));
    await session.request("terminate", {});
    await session.ended();
    const last = await ask(session);
    assert.ok(last.status === "ended" || last.status === "none", last.status);
    assert.deepEqual(last.lines, []);
    assert.deepEqual((await tasksAt(session, "phone")).tasks, []);
  });

  it("refuses wrong arguments in words that name them", async () => {
    const session = await started();
    await assert.rejects(ask(session, { paths: "all" }), /"paths" must be an array/);
    await assert.rejects(session.request("asyncscope/suspendedAt", { line: 1 }), /"path" must be a string/);
  });
});
