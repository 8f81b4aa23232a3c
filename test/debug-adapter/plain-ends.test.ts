import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { DiagnosisBody, DumpBody, TaskNode } from "@asyncscope/protocol";
import { markerLine, Session } from "../support/dap-session.js";
import { eventually } from "../support/eventually.js";
import { named, treeOf as tree } from "../support/task-tree.js";

const FORGETS = `const forget = () => new Promise(() => undefined);
async function load(name) {
  await forget(name); // @waits
}
async function quick() {
  await null;
}
await quick();
void load("a"); // @calls
await load("b");
`;

const CUTS_OFF = `import { setTimeout as sleep } from "node:timers/promises";
async function save(name) {
  await sleep(60_000);
}
const kept = async () => void (await sleep(60_000));
async function update() {
  await null;
  save("index");
}
await update();
globalThis.keeping = kept();
await sleep(60_000);
`;

const FLOATS = `import { AsyncLocalStorage } from "node:async_hooks";
const leaf = async (how) => void (await new Promise((resolve) => setTimeout(resolve, 60_000)));
class Store {
  load = leaf;
  async #own() { await new Promise((resolve) => setTimeout(resolve, 60_000)); }
  async begins() { await null; this.#own(); }
}
const store = new Store();
await null;
leaf("plain"); store.load("method"); store["load"]("computed"); store?.load("optional");
["forEach"].forEach(leaf); [1].forEach(() => leaf("returned"));
const kept = leaf("kept"); void leaf("void"); leaf("handled").catch(() => {});
// Something of Node's has called it, and may keep its promise.
new AsyncLocalStorage().run(1, leaf, "of a test");
await store.begins();
await kept;
`;

const FAILS = `async function save() {
  await null;
  throw new TypeError("no row");
}
await null;
save();
await new Promise((resolve) => setTimeout(resolve, 60_000));
`;

describe("a plain async program whose calls can never go on", () => {
  afterEach(() => Session.closeAll());

  it("is diagnosed while it lives: what can settle their promises is lost", async () => {
    const session = Session.inMemory();
    const program = resolve("test/fixtures/cli/stuck-calls.mjs");
    await session.launch(program, { config: { runtimeArgs: ["--expose-gc"] } });
    let body: DiagnosisBody | undefined;
    await eventually("it is found", async () => {
      body = await session.request<DiagnosisBody>("asyncscope/diagnosis");
      return body.findings.some(
        ({ kind, locations }) => kind === "nothing-can-wake" && locations.length === 2,
      );
    });
    const lost = markerLine(program, "lost");
    assert.deepEqual(
      body!.findings
        // A busy machine may hold the program up.
        .filter(({ kind }) => kind !== "slow-step")
        .map(({ kind, certain, taskCount, locations }) => [
          kind,
          certain,
          taskCount,
          locations.map(({ line: at }) => at),
        ]),
      [["nothing-can-wake", true, 2, [lost, lost]]],
    );
    // Those go on to be shown: the rest of the program has not come to an end.
    const { tasks } = await tree(session);
    assert.deepEqual(
      tasks.filter(({ coroutine }) => coroutine === "handle").map(({ name, state }) => [name, state]),
      [
        ["handle(1)", "suspended"],
        ["handle(2)", "suspended"],
      ],
    );
  });
});

describe("a plain async program that ends with calls that have not", () => {
  let folder = "";
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "asyncscope-plain-"))));
  afterEach(async () => {
    await Session.closeAll();
    rmSync(folder, { recursive: true, force: true });
  });

  it("says which, for what and where, and keeps them", async () => {
    const program = join(folder, "main.mjs");
    writeFileSync(program, FORGETS);
    const session = Session.inMemory();
    await session.launch(program);
    // As without us: a module whose top level is not done.
    assert.equal(await session.ended(), 13);
    const told = session.client.output("important");
    assert.match(told, /^2 tasks were still pending when the program ended:$/m);
    assert.match(told, /^ {2}Task \(module\): waiting: forget\(name\), .*, at main\.mjs:3$/m);
    assert.match(told, /^ {2}Task load\("a"\): waiting: forget\(name\), .*, at main\.mjs:3$/m);
    const body = await tree(session);
    assert.equal(body.status, "ended");
    const { location, createdAtLocation } = named(body, 'load("a")');
    assert.deepEqual(
      [location?.line, createdAtLocation?.line],
      [markerLine(program, "waits"), markerLine(program, "calls")],
    );
  });

  it("says that nothing could wake them, when nothing was left to do", async () => {
    const program = join(folder, "main.mjs");
    writeFileSync(program, FORGETS);
    const session = Session.inMemory();
    await session.launch(program);
    assert.equal(await session.ended(), 13);
    const told = session.client.output("important");
    assert.match(
      told,
      /^Nothing can wake task load\("a"\): it waits at main\.mjs:3 for forget\(name\), and nothing was left/m,
    );
    const { findings, idle } = await session.request<DiagnosisBody>("asyncscope/diagnosis");
    assert.ok(idle);
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ["nothing-can-wake", "nothing-can-wake"],
    );
  });

  it("says which floating call was cut off, and where it was made; it is marked while it runs", async () => {
    const program = join(folder, "main.mjs");
    writeFileSync(program, CUTS_OFF);
    const session = Session.inMemory();
    await session.launch(program);
    await eventually("the call floats", async () => {
      const { tasks } = await tree(session);
      return tasks.some(({ name, floating }) => name === 'save("index")' && floating === true);
    });
    assert.deepEqual(
      (await tree(session)).tasks.filter(({ floating }) => floating === true).map(({ name }) => name),
      ['save("index")'],
    );
    const { text } = await session.request<DumpBody>("asyncscope/dump");
    assert.match(
      text ?? "",
      /^ *- save\("index"\) \[suspended\] #\d+\n *runs save \(async\)\n *floating: nobody awaits its promise$/m,
    );
    assert.equal(text?.match(/floating:/g)?.length, 1);
    await session.request("evaluate", {
      expression: "void setTimeout(() => process.exit(0))",
      context: "repl",
    });
    await session.ended();
    assert.match(
      session.client.output("important"),
      /^Task save\("index"\) was cut off by the end of the program: it was called at main\.mjs:8, where nobody awaits its promise, and waited at main\.mjs:3 for timer\.$/m,
    );
  });

  it("marks calls by statements that do nothing with their promise, however they are called", async () => {
    const program = join(folder, "main.mjs");
    writeFileSync(program, FLOATS);
    const session = Session.inMemory();
    await session.launch(program);
    let tasks: readonly TaskNode[] = [];
    await eventually("all calls", async () => {
      ({ tasks } = await tree(session));
      return tasks.length === 12;
    });
    const names = (floats: boolean): string[] =>
      tasks
        .filter(({ floating = false }) => floating === floats)
        .map(({ name }) => name)
        .sort();
    assert.deepEqual(names(true), [
      "Store.#own",
      'leaf("computed")',
      'leaf("forEach")',
      'leaf("method")',
      'leaf("optional")',
      'leaf("plain")',
    ]);
    assert.deepEqual(names(false), [
      "(module)",
      'leaf("handled")',
      'leaf("kept")',
      'leaf("of a test")',
      'leaf("returned")',
      'leaf("void")',
    ]);
  });

  it("says where a call was made whose error nobody handles", async () => {
    const program = join(folder, "main.mjs");
    writeFileSync(program, FAILS);
    const session = Session.inMemory();
    await session.launch(program);
    assert.equal(await session.ended(), 1);
    assert.match(
      session.client.output("important"),
      /^save failed with TypeError: no row, which nobody handled: it was called at main\.mjs:6, and nobody awaits its promise\.$/m,
    );
  });

  it("says nothing when all have ended", async () => {
    const program = join(folder, "main.mjs");
    writeFileSync(program, "const quick = async () => void (await null);\nawait quick();\nawait quick();\n");
    const session = Session.inMemory();
    await session.launch(program);
    assert.equal(await session.ended(), 0);
    assert.equal(session.client.output("important"), "");
  });
});
