import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { DumpBody, DumpTask, TaskDump } from "@asyncscope/protocol";
import { parseDump } from "../../debug-adapter/src/dump/parse.js";
import { fixture, Session } from "../support/dap-session.js";

const WORKERS = fixture("workers.mjs");

describe("asyncscope/dump", function () {
  this.timeout(120_000);
  afterEach(() => Session.closeAll());

  const text = async (session: Session): Promise<string> => {
    const body = await session.request<DumpBody>("asyncscope/dump", {});
    return body.text!;
  };
  const task = (dump: TaskDump, name: string): DumpTask => {
    const found = dump.tasks.find((each) => each.name === name);
    assert.ok(found, `no task ${name} among ${dump.tasks.map((each) => each.name).join(", ")}`);
    return found;
  };
  const tilde = (path: string): string => path.replace(new RegExp(`^${homedir()}(?=/)`), "~");
  const printed = (session: Session, words: string): Promise<true> =>
    session.client.until(() => (session.client.output("stdout").includes(words) ? true : undefined), words);

  it("names what each task of a running program waits for, its await chain and where it was created", async () => {
    const session = Session.inMemory();
    await session.launch("workers.mjs", { config: { args: ["stay"] } });
    await printed(session, "sums");
    const { dump, diagnostics } = parseDump(await text(session));
    assert.deepEqual(diagnostics, []);
    assert.equal(dump.status, "live");
    assert.equal(dump.program, tilde(WORKERS));
    assert.equal(dump.pid, await session.pid());
    assert.equal(dump.node, process.version);
    const waiting = task(dump, "waiting");
    assert.equal(waiting.waits[0]?.label, "Queue jobs 0/3");
    assert.deepEqual(waiting.frames, [
      {
        functionName: "consumer",
        kind: "generator",
        location: {
          path: tilde(WORKERS),
          line: session.line("get"),
          column: waiting.frames[0]!.location!.column,
        },
      },
    ]);
    assert.equal(waiting.created?.line, session.line("create-waiting"));
    assert.equal(waiting.parent?.name, "Task-1");
    const jobs = dump.resources.find(({ name }) => name === "jobs")!;
    assert.deepEqual(
      jobs.waiters.map(({ role, task: who }) => [role, who?.name]),
      [["getter", "waiting"]],
    );
    assert.equal(waiting.waits[0].resource?.id, jobs.id);
    assert.deepEqual(dump.hidden, { tasks: 0, resources: 0, chains: 0 });
  });

  it("shows the items of a queue without running code of theirs", async () => {
    const session = Session.inMemory();
    await session.launch("queues.mjs");
    await printed(session, "ready");
    const { dump } = parseDump(await text(session));
    const jobs = dump.resources.find(({ name }) => name === "jobs")!;
    assert.equal(jobs.state, "2/2");
    assert.deepEqual(
      jobs.items.map(({ preview }) => preview),
      ["{job: 1, data: {…}}", "{job: 2, data: {…}}"],
    );
    assert.deepEqual(
      task(dump, "producer").frames.map(({ functionName, location }) => [functionName, location?.line]),
      [
        ["push", session.line("push")],
        ["producer", session.line("producer")],
      ],
    );
  });

  it("is the same document as data, and says what a limit hides", async () => {
    const session = Session.inMemory();
    await session.launch("workers.mjs", { config: { args: ["stay"] } });
    await printed(session, "sums");
    const { dump } = await session.request<DumpBody>("asyncscope/dump", { format: "json", limit: 1 });
    assert.equal(dump?.format, "asyncscope-task-dump");
    assert.equal(dump.tasks.find(({ name }) => name === "waiting")?.state ?? "suspended", "suspended");
    const whole = (await session.request<DumpBody>("asyncscope/dump", { format: "json" })).dump!;
    assert.equal(dump.hidden.tasks, whole.tasks.length - dump.tasks.length);
    assert.ok(dump.hidden.tasks > 0);
    const failure = await session.client.failure("asyncscope/dump", { format: "yaml" });
    assert.match(failure.message, /"format" must be "text" or "json"/);
  });

  it("holds thousands of tasks of one creator, and says how many more there are", async () => {
    const session = Session.inMemory();
    await session.launch("many.mjs");
    await printed(session, "ready");
    const { dump } = await session.request<DumpBody>("asyncscope/dump", { format: "json", limit: 5000 });
    assert.equal(dump!.tasks.length, 2501);
    assert.equal(dump!.hidden.tasks, 0);
    const last = task(dump!, "waiter-2499");
    assert.deepEqual([last.waits[0]?.label, last.parent?.name], ["Event never not set", "Task-1"]);
    const cut = parseDump(await text(session));
    assert.deepEqual(cut.diagnostics, []);
    assert.deepEqual([cut.dump.tasks.length, cut.dump.hidden.tasks], [2000, 501]);
    assert.equal(task(cut.dump, "waiter-7").frames[0]?.location?.line, session.line("wait"));
  });

  it("works while the program stands at a breakpoint", async () => {
    const session = Session.inMemory();
    await session.launch("workers.mjs", { stopAt: ["compute"] });
    await session.stopped();
    const { dump } = parseDump(await text(session));
    assert.equal(dump.status, "paused");
    assert.equal(task(dump, "worker-1").state, "running");
    assert.equal(task(dump, "waiting").frames[0]?.location?.line, session.line("get"));
  });

  it("gives the last state of a program that has ended, with the lines its tasks stood at", async () => {
    const session = Session.inMemory();
    await session.launch("abandoned.mjs");
    await session.ended();
    const { dump, diagnostics } = parseDump(await text(session));
    assert.deepEqual(diagnostics, []);
    assert.equal(dump.status, "ended");
    assert.ok(dump.pid > 0);
    const stuck = task(dump, "stuck");
    assert.equal(stuck.waits[0]?.label, "Queue nothing 0");
    assert.equal(stuck.frames[0]?.functionName, "stuck");
    assert.equal(stuck.frames[0].location?.line, session.line("waits-here"));
    assert.equal(stuck.created?.line, session.line("stuck"));
    assert.deepEqual(
      dump.resources.map(({ name }) => name),
      ["nothing"],
    );
  });

  it("gives what was seen last of a program that does not answer, within three seconds", async () => {
    const session = Session.inMemory();
    await session.launch("blocked.mjs", { config: { args: ["wait", "2000"] } });
    for (const end = performance.now() + 20_000; performance.now() < end;) {
      const start = performance.now();
      // At first there is no runtime in it yet.
      const answer = await text(session).catch(() => undefined);
      assert.ok(performance.now() - start < 15_000, `${performance.now() - start} ms`);
      if (answer === undefined) continue;
      const { dump } = parseDump(answer);
      if (dump.status !== "blocked") continue;
      assert.match(dump.notes.join(), /does not answer/);
      assert.equal(dump.tasks.length, 1);
      return;
    }
    assert.fail("the program was never seen to be blocked");
  });

  it("says that there is nothing to dump in a program without tasks", async () => {
    const session = Session.inMemory();
    await session.launch("simple.cjs");
    await session.ended();
    assert.match((await session.client.failure("asyncscope/dump")).message, /nothing to dump/);
  });
});

describe("dumpOnExit", function () {
  this.timeout(120_000);
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "asyncscope-dump-"))));
  afterEach(async () => {
    await Session.closeAll();
    rmSync(folder, { recursive: true, force: true });
  });

  const launch = async (program: string, config: object, args: string[] = []): Promise<Session> => {
    const session = Session.inMemory();
    await session.launch(program, { config: { dumpFolder: folder, args, ...config } });
    return session;
  };
  const files = (): string[] => readdirSync(folder);

  it("pending: writes a file when tasks are left, and says where", async () => {
    const session = await launch("abandoned.mjs", { dumpOnExit: "pending" });
    await session.ended();
    assert.equal(files().length, 1);
    const file = join(folder, files()[0]!);
    assert.match(files()[0]!, /^abandoned-\d{8}-\d{6}-\d+\.taskdump$/);
    assert.ok(
      session.client.output("console").includes(`Task dump (2 tasks pending): ${file}\n`),
      session.client.output("console"),
    );
    const { dump, diagnostics } = parseDump(readFileSync(file, "utf8"));
    assert.deepEqual(diagnostics, []);
    assert.equal(
      dump.tasks.find(({ name }) => name === "stuck")?.frames[0]?.location?.line,
      session.line("waits-here"),
    );
    if (process.platform !== "win32") assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  it("pending: writes nothing when all tasks have finished; always: does", async () => {
    await (await launch("rounds.mjs", { dumpOnExit: "pending" })).ended();
    assert.deepEqual(files(), []);
    await (await launch("rounds.mjs", { dumpOnExit: "always" })).ended();
    assert.equal(files().length, 1);
  });

  it("never, the default: writes nothing", async () => {
    await (await launch("abandoned.mjs", {})).ended();
    assert.deepEqual(files(), []);
  });

  it("writes one file when the user stops a program that hangs, before it is ended", async () => {
    const session = await launch("workers.mjs", { dumpOnExit: "pending" }, ["stay"]);
    await session.client.until(
      () => (session.client.output("stdout").includes("sums") ? true : undefined),
      "sums",
    );
    await session.request("terminate");
    await session.client.event("terminated");
    await session.close();
    assert.equal(files().length, 1);
    const { dump } = parseDump(readFileSync(join(folder, files()[0]!), "utf8"));
    assert.equal(dump.status, "live");
    assert.equal(
      dump.tasks.find(({ name }) => name === "waiting")?.frames[0]?.location?.line,
      session.line("get"),
    );
  });

  it("writes what was seen last of a program that was killed", async () => {
    const session = await launch("workers.mjs", { dumpOnExit: "always" }, ["stay"]);
    await session.client.until(
      () => (session.client.output("stdout").includes("sums") ? true : undefined),
      "sums",
    );
    await session.request("asyncscope/tree", { order: "creation", pages: [{ task: 0 }], deep: true });
    process.kill(await session.pid(), "SIGKILL");
    await session.ended();
    assert.equal(files().length, 1);
    const { dump } = parseDump(readFileSync(join(folder, files()[0]!), "utf8"));
    assert.equal(dump.status, "ended");
    assert.ok(dump.tasks.some(({ name }) => name === "waiting"));
  });

  it("says what to do when the file cannot be written, and the session ends as ever", async () => {
    const file = join(folder, "file");
    writeFileSync(file, "");
    const session = await launch("abandoned.mjs", { dumpOnExit: "always", dumpFolder: file });
    assert.equal(await session.ended(), 0);
    assert.match(session.client.output("console"), /could not be written to .*Set "dumpFolder"/);
  });

  it("refuses a mode that does not exist", async () => {
    const session = Session.inMemory();
    await session.request("initialize", {});
    const { message } = await session.client.failure("launch", { program: WORKERS, dumpOnExit: "sometimes" });
    assert.match(message, /"dumpOnExit" must be one of never, pending, always/);
  });
});
