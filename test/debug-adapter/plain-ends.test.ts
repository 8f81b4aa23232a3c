import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { DiagnosisBody, TaskNode, TreeBody } from "@asyncscope/protocol";
import { markerLine, Session } from "../support/dap-session.js";
import { eventually } from "../support/eventually.js";

const tree = (session: Session): Promise<TreeBody> =>
  session.request("asyncscope/tree", { order: "creation", pages: [{ task: 0 }], deep: true });

const named = (body: TreeBody, name: string): TaskNode => {
  const found = body.tasks.find((task) => task.name === name);
  assert.ok(found, `no task ${name} among ${body.tasks.map((task) => task.name).join(", ")}`);
  return found;
};

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
      return body.findings.some(({ locations }) => locations.length === 2);
    });
    const lost = markerLine(program, "lost");
    assert.deepEqual(
      body!.findings.map(({ kind, certain, taskCount, locations }) => [
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
