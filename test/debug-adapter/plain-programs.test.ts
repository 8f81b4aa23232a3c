import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "esbuild";
import type { ChainBody, TreeBody } from "@asyncscope/protocol";
import { fixture, markerLine, Session } from "../support/dap-session.js";
import { eventually } from "../support/eventually.js";
import { named, treeOf as tree } from "../support/task-tree.js";

const PLAIN = fixture("plain.mjs");
const line = (marker: string): number => markerLine(PLAIN, marker);

/** Waits until the calls of `load` stand. */
async function settled(session: Session): Promise<TreeBody> {
  let body = await tree(session);
  await eventually("three calls of load", async () => {
    body = await tree(session);
    return body.counts.suspended === 3;
  });
  return body;
}

/** Steps and says after each where it is: `function:line`. */
async function walk(session: Session, kinds: readonly ("next" | "stepIn" | "stepOut")[]): Promise<string[]> {
  const trail: string[] = [];
  for (const kind of kinds) {
    await session.step(kind);
    const [top] = await session.frames();
    trail.push(`${top!.name}:${top!.line}`);
  }
  return trail;
}

const clear = (session: Session): Promise<unknown> =>
  session.request("setBreakpoints", { source: { path: PLAIN }, breakpoints: [] });

describe("a plain async program under the debugger", () => {
  let folder = "";
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "asyncscope-plain-"))));
  afterEach(async () => {
    await Session.closeAll();
    rmSync(folder, { recursive: true, force: true });
  });

  it("shows its async calls as tasks, with what they wait for, where and who made them", async () => {
    const session = Session.inMemory();
    await session.launch("plain.mjs");
    const body = await settled(session);
    assert.deepEqual(body.tasks.map(({ name }) => name).sort(), ["(module)", 'load("a")', 'load("b")']);
    const load = named(body, 'load("a")');
    assert.equal(load.state, "suspended");
    assert.equal(load.waits[0]?.label, "forget(length)");
    assert.deepEqual(
      [load.location?.path, load.location?.line, load.location?.column],
      [PLAIN, line("load-await"), 3],
    );
    assert.deepEqual(
      [load.createdAtLocation?.line, load.createdAtLocation?.functionName],
      [line("main-load"), "main"],
    );
    const chain = await session.request<ChainBody>("asyncscope/chain", { task: named(body, "(module)").id });
    assert.deepEqual(
      chain.frames.map(({ functionName, location }) => [functionName, location?.line, location?.column]),
      [
        ["load", line("load-await"), 3],
        ["main", line("main-last"), 3],
        ["(module)", line("module"), 1],
      ],
    );
  });

  it("shows a pinned task as a stopped thread, with its frames and who made it", async () => {
    const session = Session.inMemory();
    await session.launch("plain.mjs");
    const body = await settled(session);
    const pinned = async (name: string): Promise<string[]> => {
      const { threadId } = await session.request("asyncscope/pin", {
        task: named(body, name).id,
        pinned: true,
      });
      await session.client.event("stopped", (stop) => stop.threadId === threadId);
      return session.stack(threadId);
    };
    assert.deepEqual(await pinned('load("a")'), [
      `load plain.mjs:${line("load-await")}`,
      '[load("a") created by]',
      `main plain.mjs:${line("main-load")}`,
    ]);
    assert.deepEqual(await pinned("(module)"), [
      `load plain.mjs:${line("load-await")}`,
      `main plain.mjs:${line("main-last")}`,
      `(module) plain.mjs:${line("module")}`,
    ]);
    assert.ok(!session.cdp.includes("Debugger.pause"));
  });

  it("shows while it is paused which of them runs, by itself or in what it has called", async () => {
    const session = Session.inMemory();
    await session.launch("plain-running.mjs", { stopAt: ["first", "inner", "own"] });
    const line = (body: TreeBody): string[] =>
      body.tasks.map(
        ({ name, state, waits }) => `${name} ${state}${waits.map(({ label }) => `: ${label}`).join()}`,
      );
    // Called for the first time, inside of others that are called for the first time.
    await session.stopAt("first");
    await session.resume();
    await session.stopAt("first");
    assert.deepEqual(line(await tree(session)), [
      "(module) running",
      'work("a") suspended: timer',
      'work("b") running',
    ]);
    // In a function that it awaits.
    await session.resume();
    await session.stopAt("inner");
    assert.deepEqual(line(await tree(session)), [
      "(module) suspended: Promise.all: 2 of 2 pending",
      'work("a") running',
      'work("b") suspended: timer',
    ]);
    await session.resume();
    await session.stopAt("own");
    const body = await tree(session);
    assert.deepEqual(line(body), [
      "(module) suspended: Promise.all: 2 of 2 pending",
      'work("a") running',
      'work("b") suspended: timer',
    ]);
    // It is the same task afterwards.
    await session.request("setBreakpoints", {
      source: { path: fixture("plain-running.mjs") },
      breakpoints: [],
    });
    await session.resume();
    await eventually("both wait for long", async () =>
      (await tree(session)).tasks.every(
        ({ state, waits }) => state === "suspended" && waits[0]?.label !== "ready",
      ),
    );
    const after = await tree(session);
    assert.equal(after.counts.done, 0);
    assert.equal(named(after, 'work("a")').id, named(body, 'work("a")').id);
  });

  it("does not stop in the loader for exceptions that are caught there", async () => {
    const session = Session.inMemory();
    // A folder in which nothing of the program is known yet, of CommonJS, which is read in the program's own thread.
    const program = join(folder, "main.cjs");
    writeFileSync(program, readFileSync(PLAIN, "utf8").replace("await main()", "void main()"));
    const env = { ASYNCSCOPE_CACHE: join(folder, "cache") };
    await session.launch(program, { exceptions: ["all"], config: { env } });
    const top = await session.stopAt("throw");
    assert.deepEqual([top.name, top.column], ["fails", 5]);
    await session.resume();
    await eventually("its output", () => session.client.output("stdout").includes("11 late"));
  });

  it("shows none with instrument: false", async () => {
    const session = Session.inMemory();
    await session.launch("plain.mjs", { config: { instrument: false } });
    await session.client.until(
      () => (session.client.output("stdout").includes("11 late") ? true : undefined),
      "its output",
    );
    const body = await tree(session);
    assert.deepEqual([body.status, body.tasks.length], ["none", 0]);
  });

  it("stops at breakpoints of lines and columns as they were written, with the variables of the function", async () => {
    const session = Session.inMemory();
    const spots = [
      { line: line("load-first") },
      { line: line("main-middle"), column: 23 },
      { line: line("middle-await") - 1 },
    ];
    await session.launch("plain.mjs", { breakpoints: spots });
    await session.stopped();
    const [main] = await session.frames();
    assert.deepEqual([main!.name, main!.line, main!.column], ["main", line("main-middle"), 23]);
    await session.resume();
    // A line that only begins a function: the first statement in it.
    await session.stopped();
    const [middle] = await session.frames();
    assert.deepEqual([middle!.name, middle!.line, middle!.column], ["middle", line("middle-await"), 15]);
    const inMiddle = await session.variables(middle!.id);
    assert.ok(![...inMiddle.keys()].some((name) => name.startsWith("__as")));
    assert.equal(inMiddle.get("id")?.value, "1");
    await session.resume();
    await session.stopped();
    const [load] = await session.frames();
    assert.deepEqual([load!.name, load!.line, load!.column], ["load", line("load-first"), 11]);
    const { breakpoints } = await session.request("breakpointLocations", {
      source: { path: PLAIN },
      line: line("main-middle"),
    });
    assert.deepEqual(
      breakpoints.map(({ column }: { column: number }) => column),
      [17, 23],
    );
  });

  it("sets variables on both sides of what was put in", async () => {
    const session = Session.inMemory();
    await session.launch("plain.mjs", { stopAt: ["inner-return"] });
    const top = await session.stopAt("inner-return");
    const { scopes } = await session.request("scopes", { frameId: top.id });
    assert.deepEqual(
      scopes.map(({ name }: { name: string }) => name).filter((name: string) => name.startsWith("Block")),
      [],
    );
    const { variablesReference } = scopes[0];
    await session.request("setVariable", { variablesReference, name: "id", value: "7" });
    assert.equal(await session.evaluate("id", top.id), "7");
    const { targets } = await session.request("completions", { frameId: top.id, text: "__a", column: 4 });
    assert.deepEqual(
      targets.filter(({ label }: { label: string }) => label.startsWith("__as")),
      [],
    );
  });

  it("steps over awaits, out of the function that ends, and into one that is called", async () => {
    const session = Session.inMemory();
    await session.launch("plain.mjs", { stopAt: ["inner-await"] });
    await session.stopAt("inner-await");
    await clear(session);
    assert.deepEqual(await walk(session, Array<"next">(8).fill("next")), [
      `inner:${line("inner-after")}`,
      `inner:${line("inner-return")}`,
      `inner:${line("inner-return") + 1}`,
      `middle:${line("middle-after")}`,
      `middle:${line("middle-after") + 1}`,
      `main:${line("main-fails")}`,
      `main:${line("main-log")}`,
      `main:${line("main-load")}`,
    ]);
  });

  it("steps into an async function, over a throw to its handler, and out", async () => {
    const session = Session.inMemory();
    await session.launch("plain.mjs", { stopAt: ["main-fails"] });
    await session.stopAt("main-fails");
    await clear(session);
    assert.deepEqual(await walk(session, ["stepIn", "next", "next", "next", "next"]), [
      `fails:${line("try-await")}`,
      `fails:${line("throw")}`,
      `fails:${line("catch")}`,
      `fails:${line("catch") + 2}`,
      `main:${line("main-log")}`,
    ]);
  });

  it("has the async functions that await in the stack, with their columns", async () => {
    const session = Session.inMemory();
    await session.launch("plain.mjs", { stopAt: ["inner-after"] });
    await session.stopAt("inner-after");
    assert.deepEqual(await session.stack(), [
      `inner plain.mjs:${line("inner-after")}`,
      "[await]",
      `middle plain.mjs:${line("middle-await")}`,
      "[await]",
      `main plain.mjs:${line("main-middle")}`,
      "[await]",
      `(anonymous) plain.mjs:${line("module")}`,
    ]);
    const columns = (await session.frames())
      .filter(({ hint }) => hint !== "label")
      .map(({ column }) => column);
    assert.deepEqual(columns, [17, 15, 17, 1]);
  });
});

const TYPED = `interface Page { readonly url: string }
const never = (): Promise<void> => new Promise(() => undefined);
async function fetchPage<T extends Page>(page: T, times: number = 1): Promise<string> {
  const text: string = await Promise.resolve(page.url as string); // @first
  setInterval(() => undefined, 1000);
  await never(); // @waits
  return text.repeat(times!);
}
void fetchPage({ url: "a" } satisfies Page);
`;

describe("a plain async program in TypeScript under the debugger", () => {
  let folder = "";
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "asyncscope-plain-"))));
  afterEach(async () => {
    await Session.closeAll();
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };

  /** Stops in the awaited call, and finds the task at its next await. */
  const stopsAndShows = async (session: Session, source: string): Promise<void> => {
    const top = await session.stopAt("first", source);
    assert.deepEqual([top.path, top.name, top.column], [source, "fetchPage", 24]);
    assert.equal((await session.variables(top.id)).get("times")?.value, "1");
    await session.resume();
    await eventually("the call that waits", async () => (await tree(session)).counts.suspended === 1);
    const { location, name } = (await tree(session)).tasks[0]!;
    assert.equal(name, "fetchPage");
    assert.deepEqual(
      [location?.path, location?.line, location?.column],
      [source, markerLine(source, "waits"), 3],
    );
  };

  for (const [kind, file] of [
    ["an ES module", "main.mts"],
    ["CommonJS", "main.cts"],
  ] as const)
    it(`stops and shows its tasks with nothing built, as ${kind}`, async () => {
      const program = write(file, TYPED);
      const session = Session.inMemory();
      await session.launch(program, { stopAt: ["first"] });
      await stopsAndShows(session, program);
    });

  it("stops and shows its tasks in the sources of a built program, also of files named by outFiles", async () => {
    const source = write("main.ts", TYPED);
    const { code, map } = transformSync(TYPED, {
      loader: "ts",
      format: "esm",
      minifyWhitespace: true,
      sourcemap: true,
      sourcefile: "main.ts",
    });
    const program = write("built.mjs", `${code}//# sourceMappingURL=built.mjs.map\n`);
    write("built.mjs.map", map);
    const session = Session.inMemory();
    await session.launch(program, {
      stopAt: ["first"],
      breakpointFile: source,
      config: { outFiles: [`${folder}/**/*.mjs`] },
    });
    await stopsAndShows(session, source);
  });
});
