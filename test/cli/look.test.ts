import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { asyncscope, freePort, isOpen, Subject } from "../support/cli.js";
import { eventually } from "../support/eventually.js";

describe("asyncscope in a terminal", function () {
  this.timeout(120_000);
  const undo: (() => unknown)[] = [];
  afterEach(async () => {
    for (const each of undo.splice(0)) each();
    await Subject.endAll();
  });

  /** A program whose inspector is closed and would open on a port of its own. */
  async function closed(
    file: string,
    args: readonly string[] = [],
  ): Promise<{ subject: Subject; port: number }> {
    const port = await freePort();
    return { subject: await Subject.start(file, { node: [`--inspect-port=${port}`], args }), port };
  }

  it("ps lists the Node programs of this user, and whether they can be looked into", async () => {
    const { subject } = await closed("plain.mjs");
    const open = await Subject.start("plain.mjs", { node: [`--inspect=${await freePort()}`] });
    const { code, stdout } = await asyncscope("ps");
    assert.equal(code, 0);
    assert.match(stdout, /^PID +INSPECTOR +COMMAND\n/);
    assert.match(stdout, new RegExp(`^${subject.pid} +closed +.*plain\\.mjs$`, "m"));
    assert.match(stdout, new RegExp(`^${open.pid} +open +.*plain\\.mjs$`, "m"));
    const list = JSON.parse((await asyncscope("ps", "--json")).stdout);
    assert.equal(list.find(({ pid }: { pid: number }) => pid === subject.pid).inspector, "closed");
  });

  it("ps PID shows a table of tasks with what they wait for and where", async () => {
    const { subject } = await closed("workers.mjs");
    const { code, stdout, stderr } = await asyncscope("ps", subject.pid);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    const source = readFileSync("test/fixtures/cli/workers.mjs", "utf8").split("\n");
    const line = source.findIndex((text) => text.includes("@get")) + 1;
    assert.match(stdout, /^ID +NAME +STATE +WAITS FOR +SINCE +LINE$/m);
    assert.match(stdout, new RegExp(`consumer +suspended +Queue jobs 0/3 +.*workers\\.mjs:${line}$`, "m"));
    assert.match(stdout, /nap ·\[2J +suspended +timer +\S.* left +.*workers\.mjs:\d+$/m);
    assert.match(stdout, /boss +suspended +gather: 2 of 2 pending/);
    // Names are the program's: nothing in them steers the terminal.
    assert.doesNotMatch(stdout, /\u001b/);
  });

  it("queues PID shows what tasks wait for at queues and locks, and who; --json has it", async () => {
    const { subject } = await closed("workers.mjs");
    const { code, stdout, stderr } = await asyncscope("queues", subject.pid);
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /^queue jobs: 0\/3\b.*\n {2}waits to get: consumer for \d/m);
    const { resources } = JSON.parse((await asyncscope("queues", subject.pid, "--json")).stdout);
    const jobs = resources.resources.find(({ name }: { name: string }) => name === "jobs");
    assert.deepEqual([jobs.size, jobs.maxsize, jobs.waiters[0].role], [0, 3, "getter"]);
    const wrong = await asyncscope("queues", subject.pid, "--by", "await");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /--by belongs to the command tree/);
  });

  it("groups PID counts the tasks that stand at the same line and wait for the same thing; --json has it", async () => {
    const { subject } = await closed("workers.mjs", ["--crowd"]);
    const { code, stdout, stderr } = await asyncscope("groups", subject.pid);
    assert.deepEqual([code, stderr], [0, ""]);
    const source = readFileSync("test/fixtures/cli/workers.mjs", "utf8").split("\n");
    const line = source.findIndex((text) => text.includes("@get")) + 1;
    const lines = stdout.split("\n");
    assert.match(lines[1]!, /^Tasks: 1,204 suspended.* · 4 groups$/);
    assert.match(
      lines[2]!,
      new RegExp(`^1,201 × consumer  \\S*workers\\.mjs:${line} · waiting: Queue jobs 0/3 · longest `),
    );
    assert.match(stdout, /^ {4}1 × nap {2}\S*workers\.mjs:\d+ · waiting: timer/m);
    // Names are the program's: nothing in them steers the terminal.
    assert.doesNotMatch(stdout, /\u001b/);
    const few = await asyncscope("groups", subject.pid, "--limit", "1");
    assert.match(few.stdout, /^3 more groups with 3 tasks: --limit 4 shows them, up to 1000\.$/m);
    const { groups } = JSON.parse((await asyncscope("groups", subject.pid, "--json")).stdout);
    assert.deepEqual([groups.groups[0].count, groups.groups[0].functions[0]], [1201, "consumer"]);
    assert.equal(groups.groups[0].locations[0].line, line);
    const wrong = await asyncscope("groups", subject.pid, "--snapshot");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /--snapshot belongs to the commands ps, tree, queues and dump/);
  });

  it("tree PID shows who waits for whom", async () => {
    const { subject } = await closed("workers.mjs");
    for (const command of ["tree", "pstree"]) {
      const { stdout } = await asyncscope(command, subject.pid);
      const at = stdout.split("\n").findIndex((line) => line.includes("◌ boss"));
      const [boss, consumer, nap] = stdout.split("\n").slice(at);
      assert.match(boss!, /◌ boss {2}waiting: gather/);
      assert.match(consumer!, /├─ ◌ consumer {2}waiting: Queue jobs 0\/3/);
      assert.match(nap!, /└─ ◌ nap .* waiting: timer · .* left/);
    }
  });

  it("DB-09 tree PID names the tasks that wait for each other", async () => {
    const { subject } = await closed("workers.mjs", ["--ring"]);
    const { stdout } = await asyncscope("tree", subject.pid);
    const at = "at workers\\.mjs:\\d+";
    const sentence = `^Deadlock: task ring-0 waits ${at} for task ring-1; task ring-1 waits ${at} for task ring-0\\.$`;
    assert.match(stdout, new RegExp(sentence, "m"));
  });

  it("tree PID says first what is deadlocked and what nothing can wake, with lines; --json has it", async () => {
    const { subject } = await closed("deadlocks.mjs");
    const { stdout, stderr } = await asyncscope("tree", subject.pid);
    assert.equal(stderr, "");
    const source = readFileSync("test/fixtures/cli/deadlocks.mjs", "utf8").split("\n");
    const at = (marker: string): string =>
      `deadlocks.mjs:${source.findIndex((text) => text.includes(`// @${marker}`)) + 1}`;
    const lines = stdout.split("\n");
    assert.equal(
      lines[1],
      `Deadlock: task transfer waits at ${at("second")} for Lock b, which task refund holds; task refund waits at ${at("second")} for Lock a, which task transfer holds. Task-1 waits for those tasks.`,
    );
    assert.match(
      lines[2]!,
      new RegExp(`^Nothing can wake task consumer: it waits at ${at("get")} for Queue jobs \\(0\\), and`),
    );
    assert.equal(lines[3], "");
    const seen = JSON.parse((await asyncscope("tree", subject.pid, "--json")).stdout);
    assert.deepEqual(
      seen.findings.map(({ kind, certain }: { kind: string; certain: boolean }) => [kind, certain]),
      [
        ["wait-cycle", true],
        ["nothing-can-wake", true],
      ],
    );
    assert.equal(seen.findings[0].text, lines[1]);
  });

  it("--json gives the tree as data, --limit says what is left out", async () => {
    const { subject } = await closed("workers.mjs");
    const { stdout } = await asyncscope("tree", subject.pid, "--json", "--limit=2");
    const seen = JSON.parse(stdout);
    assert.equal(seen.pid, subject.pid);
    assert.equal(seen.recorded, false);
    assert.equal(seen.tree.pages.flatMap(({ children }: { children: number[] }) => children).length, 2);
    assert.ok(seen.tree.hidden > 0);
    assert.match(
      (await asyncscope("tree", subject.pid, "--limit", 2)).stdout,
      /^\d more: --limit \d shows them\.$/m,
    );
  });

  it("leaves the program as it was: inspector closed, nothing recorded", async () => {
    const { subject, port } = await closed("workers.mjs");
    await asyncscope("ps", subject.pid);
    await eventually("the inspector is closed", async () => !(await isOpen(port)));
    // Not recorded by the first look, or the second one would know who started whom.
    const second = JSON.parse((await asyncscope("ps", subject.pid, "--json")).stdout);
    assert.equal(second.recorded, false);
    assert.ok(second.tree.tasks.every(({ created }: { created: number }) => created === 0));
    assert.ok(subject.alive);
  });

  it("leaves an inspector open that was open", async () => {
    const port = await freePort();
    const subject = await Subject.start("workers.mjs", { node: [`--inspect=${port}`] });
    assert.equal((await asyncscope("ps", subject.pid)).code, 0);
    assert.equal(await isOpen(port), true);
    assert.ok(subject.alive);
  });

  it("finds an inspector on a port that nothing names", async () => {
    const subject = await Subject.start("workers.mjs", { node: ["--inspect=0"] });
    const { code, stdout } = await asyncscope("ps", subject.pid);
    assert.equal(code, 0);
    assert.match(stdout, /consumer/);
    assert.ok(subject.alive);
  });

  const failures: Record<string, () => Promise<{ pid: string | number; message: RegExp }>> = {
    "a process that is not there": async () => ({ pid: 2 ** 31 - 1, message: /There is no process/ }),
    "a process that is no Node": async () => {
      const { spawn } = await import("node:child_process");
      const child = spawn("sleep", ["20"]);
      undo.push(() => child.kill());
      return { pid: child.pid!, message: /is no Node program \(sleep\)/ };
    },
    "a process that the system has stopped": async () => {
      const { subject } = await closed("plain.mjs");
      subject.signal("SIGSTOP");
      await eventually("it is stopped", () =>
        /State:\s+T/.test(readFileSync(`/proc/${subject.pid}/status`, "utf8")),
      );
      return { pid: subject.pid, message: /is stopped .* kill -CONT/ };
    },
    "a port that is taken": async () => {
      const { subject, port } = await closed("plain.mjs");
      const server = createServer((socket) => socket.destroy());
      await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
      undo.push(() => server.close());
      return { pid: subject.pid, message: /port \d+ is taken by another program/ };
    },
    "a program blocked in native code [slow]": async () => {
      const { subject } = await closed("native-block.mjs");
      return { pid: subject.pid, message: /is blocked in native code/ };
    },
  };
  for (const [what, make] of Object.entries(failures))
    it(`says what to do about ${what}, within seconds`, async function () {
      if (process.platform !== "linux" && what.includes("stopped")) this.skip();
      const { pid, message } = await make();
      const { code, stderr, stdout, took } = await asyncscope("tree", pid);
      assert.equal(stdout, "");
      assert.match(stderr, message);
      assert.equal(code, 1);
      assert.ok(took < 30_000, `${took} ms`);
      assert.ok(Subject.allAlive);
    });

  it("leaves a program alone that a signal would harm: it is in a synchronous read", async function () {
    if (process.platform !== "linux") this.skip();
    const { subject } = await closed("sync-read.mjs");
    await eventually("it reads", () => !/running/.test(readFileSync(`/proc/${subject.pid}/syscall`, "utf8")));
    const { code, stderr } = await asyncscope("ps", subject.pid);
    assert.match(stderr, /blocked in a synchronous read/);
    assert.equal(code, 1);
    assert.ok(subject.alive);
  });

  it("does not wait for a program that never comes back to its loop [slow]", async () => {
    const { subject } = await closed("busy-loop.mjs");
    const { code, stderr, took } = await asyncscope("ps", subject.pid);
    assert.ok(code === 0 || /does not answer/.test(stderr), stderr);
    assert.ok(took < 30_000, `${took} ms`);
    assert.ok(subject.alive);
  });

  for (const args of [
    ["frob"],
    ["ps", "x"],
    ["tree"],
    ["ps", "1", "2"],
    ["tree", "1", "--by", "x"],
    ["--wrong"],
  ])
    it(`shows the usage for: ${args.join(" ")}`, async () => {
      const { code, stderr } = await asyncscope(...args);
      assert.equal(code, 2);
      assert.match(stderr, /^asyncscope: .+\n\nUsage:/);
    });
});
