import assert from "node:assert/strict";
import { resolve } from "node:path";
import type { FindingNode, TreeBody, ChainBody, TaskDump } from "@asyncscope/protocol";
import { asyncscope, freePort, isOpen, Subject } from "../support/cli.js";
import { markerLine } from "../support/dap-session.js";
import { eventually } from "../support/eventually.js";

interface Seen {
  readonly runtime: string;
  readonly blocked?: readonly {
    readonly functionName: string;
    readonly location?: { readonly line: number };
  }[];
  readonly quick?: { readonly active: Record<string, number>; readonly estimate: { readonly pause: number } };
  readonly tree: TreeBody;
  readonly chains?: Record<string, ChainBody>;
  readonly findings: readonly FindingNode[];
}

describe("asyncscope and a program that does not use the runtime", function () {
  this.timeout(240_000);
  afterEach(() => Subject.endAll());

  async function start(
    file: string,
  ): Promise<{ subject: Subject; port: number; at: (marker: string) => number }> {
    const port = await freePort();
    const subject = await Subject.start(file, { node: [`--inspect-port=${port}`] });
    return { subject, port, at: (marker) => markerLine(resolve("test/fixtures/cli", file), marker) };
  }

  async function read(subject: Subject): Promise<Seen> {
    const { stdout, stderr } = await asyncscope("tree", subject.pid, "--snapshot", "--json");
    assert.equal(stderr, "");
    return JSON.parse(stdout) as Seen;
  }

  it("tree says what a snapshot would cost, and takes none unasked", async () => {
    const { subject, port } = await start("suspended.mjs");
    const { code, stdout } = await asyncscope("tree", subject.pid);
    assert.equal(code, 0);
    assert.match(stdout, /suspended\.mjs \(process \d+, Node v[\d.]+, no asyncscope runtime\)/);
    assert.match(stdout, /^It is kept alive by: .*1 ProcessWrap/m);
    assert.match(
      stdout,
      /tree \d+ --snapshot reads it\. For that the program stands still for about [\d.]+ m?s \(its heap has \d+ MB\) and needs about \d+ MB/,
    );
    await eventually("the inspector is closed", async () => !(await isOpen(port)));
    const quick = JSON.parse((await asyncscope("tree", subject.pid, "--json")).stdout) as Seen;
    assert.equal(quick.quick?.active["ProcessWrap"], 1);
    assert.ok(quick.quick.estimate.pause > 0);
    assert.equal(quick.tree.tasks.length, 0);
  });

  it("tree --snapshot shows each chain of suspended functions with lines, and what it waits for", async () => {
    const { subject, port, at } = await start("suspended.mjs");
    const { tree, chains = {}, runtime } = await read(subject);
    assert.equal(runtime, "");
    const shown = tree.tasks.map(({ id, name, waits }) => ({
      name,
      wait: waits[0]?.label,
      lines: chains[id]?.frames.map(({ location }) => location?.line),
    }));
    const of = (
      name: string,
      line: string,
    ): { name?: string; wait?: string | undefined; lines?: (number | undefined)[] | undefined } =>
      shown.find((each) => each.name === name && each.lines?.includes(at(line))) ?? {};
    assert.deepEqual(of("report", "all"), {
      name: "report",
      wait: "Promise.all: 2 pending",
      lines: [at("all")],
    });
    assert.deepEqual(of("query", "query"), {
      name: "query",
      wait: "Pool.#waiters",
      lines: [at("pool"), at("query")],
    });
    assert.equal(of("listen", "event").wait, 'event "ready" of Feed');
    assert.match(of("child", "child").wait ?? "", /^event "exit" of child process cat \(pid \d+\)$/);
    assert.deepEqual(of("consume", "consume"), {
      name: "consume",
      wait: "variable kept",
      lines: [at("generator"), at("consume")],
    });
    assert.deepEqual(of("chained", "then"), {
      name: "chained",
      wait: "timer",
      lines: [at("timer"), at("then")],
    });
    assert.match(of("stored", "stored").wait ?? "", /^nap \(kept in Object\.running\)$/);
    const report = tree.tasks.find(({ name }) => name === "report")!;
    assert.equal(tree.pages.find(({ task }) => task === report.id)?.total, 2);
    const timer = tree.tasks.find(({ name }) => name === "nap")!.waits[0]!;
    assert.ok(timer.due! - timer.since === 1_000_000);
    await eventually("the inspector is closed", async () => !(await isOpen(port)));
    assert.ok(subject.alive);
  });

  it("tree says that functions wait for each other, with their lines", async () => {
    const { subject, at } = await start("suspended.mjs");
    const { findings } = await read(subject);
    assert.deepEqual(
      findings.map(({ kind, locations }) => [kind, locations.map(({ line }) => line).sort()]),
      [["wait-cycle", [at("left"), at("right")]]],
    );
    assert.match(
      findings[0]!.text,
      /^Deadlock: left waits at .* for the end of right; right waits at .*left\.$/,
    );
  });

  it("the text names functions and files; ps shows the same as a table", async () => {
    const { subject, at } = await start("suspended.mjs");
    const { stdout } = await asyncscope("tree", subject.pid, "--snapshot");
    assert.match(
      stdout,
      new RegExp(`└─ ◌ query {2}waiting: Pool\\.#waiters · .*suspended\\.mjs:${at("pool")}\n`),
    );
    assert.match(
      stdout,
      new RegExp(`^ +at take {2}.*suspended\\.mjs:${at("pool")}\n +at query {2}.*:${at("query")}$`, "m"),
    );
    assert.match(stdout, /since when is not known\.$/m);
    const table = (await asyncscope("ps", subject.pid, "--snapshot")).stdout;
    assert.match(table, /listen +suspended +event "ready" of Feed/);
  });

  it("dump writes a document of it, with what tasks wait at together", async () => {
    const { subject } = await start("suspended.mjs");
    const { stdout } = await asyncscope("dump", subject.pid, "--snapshot", "--json");
    const dump = JSON.parse(stdout) as TaskDump;
    assert.equal(dump.runtime, "");
    const query = dump.tasks.find(({ name }) => name === "query")!;
    assert.deepEqual(
      query.frames.map(({ functionName }) => functionName),
      ["take", "query"],
    );
    const pool = dump.resources.find(({ name }) => name === "Pool.#waiters")!;
    assert.equal(pool.waiters.length, 2);
    const refused = await asyncscope("dump", subject.pid);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, /dump \d+ --snapshot reads them, which stops the program for a moment/);
  });

  it("says in which function the event loop is blocked, and what is suspended behind it", async () => {
    const { subject, at } = await start("blocked.mjs");
    const { stdout } = await asyncscope("tree", subject.pid);
    assert.match(stdout, /^The event loop is blocked: /m);
    assert.match(
      stdout,
      new RegExp(
        `^ +at spin {2}.*blocked\\.mjs:${at("spin")}\n +at job {2}.*blocked\\.mjs:${at("job")}$`,
        "m",
      ),
    );
    const { blocked, tree } = await read(subject);
    assert.equal(blocked?.[0]?.location?.line, at("spin"));
    assert.deepEqual(
      tree.tasks.map(({ name, location }) => [name, location?.line]),
      [["waiting", at("waiting")]],
    );
    assert.ok(subject.alive);
  });

  it("reads a hostile heap without touching it", async () => {
    const { subject } = await start("hostile-heap.mjs");
    const { tree, findings } = await read(subject);
    const waits = new Map(tree.tasks.map(({ name, waits: [wait] }) => [name, wait?.label]));
    assert.equal(waits.get("fake"), "Timeout._onTimeout");
    assert.equal(waits.get("steering"), "Keeper.wipe");
    assert.equal(waits.get("subclass"), "variable keep");
    assert.ok(waits.has("far"));
    assert.deepEqual(
      findings.map(({ kind, text }) => [kind, /itself/.test(text)]),
      [["wait-cycle", true]],
    );
    const { stdout } = await asyncscope("tree", subject.pid, "--snapshot");
    assert.doesNotMatch(stdout, /\u001b|\u202e/);
    assert.equal(subject.stdout.includes("TOUCHED"), false, subject.stdout);
  });

  it("shows what it can of 10,000 suspended functions [slow]", async () => {
    const { subject, at } = await start("many-suspended.mjs");
    const { tree, chains = {} } = await read(subject);
    assert.equal(tree.counts.suspended, 5_000);
    assert.equal(tree.hidden, 4_800);
    const [first] = tree.tasks;
    assert.deepEqual(
      chains[first!.id]?.frames.map(({ location }) => location?.line),
      [at("leaf"), at("caller")],
    );
  });
});
