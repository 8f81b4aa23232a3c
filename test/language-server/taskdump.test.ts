/* eslint-disable @typescript-eslint/no-explicit-any -- answers of the server */
import assert from "node:assert/strict";
import { homedir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { SAMPLE, SAMPLE_TEXT } from "../dump/sample.js";
import { LanguageServerProcess } from "../support/language-client.js";
import { writeDump } from "../../debug-adapter/src/dump/write.js";

const URI = "untitled:Untitled-1";
const LINES = SAMPLE_TEXT.split("\n");

/** The position behind the `characters`-th character of a piece of text in the n-th line that has it. */
function at(piece: string, nth = 0, characters = 1): { line: number; character: number } {
  const found = LINES.flatMap((text, line) => (text.includes(piece) ? [line] : []))[nth];
  assert.ok(found !== undefined, `no ${nth}. line with ${piece}`);
  return { line: found, character: LINES[found]!.indexOf(piece) + characters };
}

describe("the language server on task dumps", function () {
  this.timeout(120_000);
  let server: LanguageServerProcess;
  let capabilities: any;

  before(async () => {
    ({ server, capabilities } = await LanguageServerProcess.start());
    await server.open(URI, SAMPLE_TEXT);
  });
  after(() => LanguageServerProcess.stopAll());

  it("says what it can do", () => {
    for (const name of [
      "documentSymbol",
      "foldingRange",
      "documentLink",
      "hover",
      "definition",
      "references",
    ])
      assert.ok(capabilities[`${name}Provider`], name);
  });

  it("outlines cycles, tasks under those that created them, queues and locks", async () => {
    const names = (symbols: any[]): any[] =>
      symbols.map(({ name, detail, children }) => [`${name} ${detail}`.trim(), ...names(children)]);
    assert.deepEqual(names(await server.request("documentSymbol", URI)), [
      ["Findings", ["Lock db was taken by resting, which has ended. leaked-lock"]],
      ["Cycles", ["Cycle of 2 tasks"]],
      [
        "Tasks",
        ["main suspended", ["consumer suspended", ["resting scheduled, floating"]]],
        ["broken failed"],
      ],
      ["Queues & Locks", ["jobs queue: 3/10"], ["db lock: locked"], ["idle condition: unlocked"]],
    ]);
    const check = (symbol: any): void => {
      const { range, selectionRange: selected, children } = symbol;
      assert.ok(range.start.line <= selected.start.line && selected.end.line <= range.end.line, symbol.name);
      for (const child of children) {
        assert.ok(child.range.start.line >= range.start.line && child.range.end.line <= range.end.line);
        check(child);
      }
    };
    for (const symbol of await server.request("documentSymbol", URI)) check(symbol);
  });

  it("folds sections, and tasks with those that they created", async () => {
    const folds = (await server.request("foldingRange", URI)).map(({ startLine, endLine }: any) => [
      LINES[startLine]!.trim(),
      LINES[endLine]!.trim(),
    ]);
    const broken = "cancelled from outside any task";
    const head = "- [leaked-lock] Lock db was taken by resting, which has ended.";
    assert.deepEqual(folds, [
      ["Findings", "at resting (~/shop/jobs.ts:13:5)"],
      [head, "at resting (~/shop/jobs.ts:13:5)"],
      ["Cycles", "resting #3"],
      ["- 2 tasks in a circle, each waiting for the next", "resting #3"],
      ["Tasks", broken],
      ["- main [suspended] #1", "created about <anonymous> (~/shop/jobs.ts:13:5)"],
      ["- consumer [suspended] #2", "created about <anonymous> (~/shop/jobs.ts:13:5)"],
      ["- resting [scheduled] #3", "created about <anonymous> (~/shop/jobs.ts:13:5)"],
      ["- broken [failed] #4", broken],
      ["Queues & Locks", "on db @2"],
      ["- jobs [queue: 3/10] @1", "created at <anonymous> (~/shop/jobs.ts:3:14)"],
      ["- db [lock: locked] @2", "waiter (no task) 10 ms"],
      ["- idle [condition: unlocked] @3", "on db @2"],
    ]);
  });

  it("links positions to their source lines", async () => {
    const links = await server.request("documentLink", URI);
    assert.equal(links.length, 7);
    const { range, target } = links[1];
    assert.equal(target, `${pathToFileURL(join(homedir(), "shop/jobs.ts")).href}#L30,3`);
    assert.equal(
      LINES[range.start.line]!.slice(range.start.character, range.end.character),
      "~/shop/jobs.ts:30:3",
    );
  });

  it("links no script that is no file, and none on another machine", async () => {
    const paths = ["node:internal/timers", "http://x/a.js", "//server/share/a.ts", "a.ts", "/a b/#1%/ü.ts"];
    const frames = paths.map((path) => ({
      functionName: "f",
      kind: "generator" as const,
      location: { path, line: 2, column: 3 },
    }));
    const uri = "untitled:links";
    await server.open(
      uri,
      writeDump({ ...SAMPLE, findings: [], tasks: [{ ...SAMPLE.tasks[0]!, frames }], resources: [] }),
    );
    const targets = (await server.request("documentLink", uri)).map(({ target }: any) => target);
    assert.deepEqual(targets, [`${pathToFileURL("/a b/#1%/ü.ts").href}#L2,3`]);
  });

  it("goes from whoever waits to the task, and to the lock that is waited for", async () => {
    const goal = async (position: object): Promise<string> => {
      const { uri, range } = await server.request("definition", URI, { position });
      assert.equal(uri, URI);
      return LINES[range.start.line]!.trim();
    };
    assert.equal(await goal(at("waiter consumer #2", 0, 10)), "- consumer [suspended] #2");
    assert.equal(await goal(at("owner resting #3", 0, 8)), "- resting [scheduled] #3");
    assert.equal(await goal(at("on db @2", 0, 4)), "- db [lock: locked] @2");
    assert.equal(await server.request("definition", URI, { position: at("on other #9", 0, 5) }), null);
    assert.equal(await server.request("definition", URI, { position: { line: 0, character: 0 } }), null);
  });

  it("finds everything that names a task", async () => {
    const context = { includeDeclaration: true };
    const found = await server.request("references", URI, { position: at("- consumer", 0, 4), context });
    assert.deepEqual(
      found.map(({ range }: any) => LINES[range.start.line]!.trim()),
      ["- consumer [suspended] #2", "consumer #2", "on consumer #2", "waiter consumer #2 4.100 s"],
    );
  });

  it("shows a task's whole entry on hover, with what it waits for", async () => {
    const { contents, range } = await server.request("hover", URI, {
      position: at("waiter consumer #2", 0, 10),
    });
    assert.equal(contents.kind, "markdown");
    assert.match(contents.value, /^```taskdump\n- consumer \[suspended\] #2\n {4}runs consumer/);
    assert.match(contents.value, /created at main/);
    assert.doesNotMatch(contents.value, /- resting \[scheduled\]/);
    assert.match(contents.value, /waits for:\n\n```taskdump\n- db \[lock: locked\] @2\n {4}owner resting #3/);
    assert.equal(LINES[range.start.line]!.slice(range.start.character, range.end.character), "consumer #2");
  });

  it("lets no name of the program end the block that it is shown in", async () => {
    const uri = "untitled:fences";
    const [main] = SAMPLE.tasks;
    await server.open(
      uri,
      writeDump({ ...SAMPLE, cycles: [], tasks: [{ ...main!, name: "a ````` [x](y)" }] }),
    );
    const line = (await server.request("documentSymbol", uri))[1].children[0].selectionRange.start;
    const { contents } = await server.request("hover", uri, { position: line });
    assert.match(contents.value, /^``````taskdump\n- a ````` \[x\]\(y\)/);
  });

  it("says that a dump is cut, where, and that it is whole again when it is", async () => {
    const uri = "untitled:cut";
    const cut = SAMPLE_TEXT.slice(0, SAMPLE_TEXT.indexOf("- idle"));
    await server.open(uri, cut);
    const problems = await server.problems(uri, 1);
    assert.deepEqual(
      problems.map(({ code, severity, source, range }) => [code, severity, source, range.start.line]),
      [["truncated", 1, "asyncscope", cut.trimEnd().split("\n").length - 1]],
    );
    const end = { line: cut.split("\n").length - 1, character: 0 };
    await server.change(uri, 2, [{ range: { start: end, end }, text: SAMPLE_TEXT.slice(cut.length) }]);
    assert.deepEqual(await server.problems(uri, 2), []);
    assert.equal((await server.request("documentSymbol", uri)).length, 4);
  });

  it("names lines that cannot be read, and shows the rest", async () => {
    const uri = "untitled:damaged";
    await server.open(uri, SAMPLE_TEXT.replace("runs consumer", "ruNs consumer"));
    const [problem, ...others] = await server.problems(uri, 1);
    assert.deepEqual(others, []);
    assert.equal(problem.code, "unreadable-line");
    assert.match(problem.message, /cannot be read/);
    assert.equal((await server.request("documentSymbol", uri))[2].children.length, 2);
  });

  it("survives any text, and answers for documents that are not open", async () => {
    for (const [n, text] of [
      "",
      "\0\n\n",
      "x".repeat(100_000),
      "- [x] #1\n".repeat(2000),
      "\ufeff",
    ].entries()) {
      const uri = `untitled:any-${n}`;
      await server.open(uri, text);
      for (const method of ["documentSymbol", "foldingRange", "documentLink"])
        assert.ok(Array.isArray(await server.request(method, uri)));
      assert.equal((await server.problems(uri, 1))[0].code, "no-dump");
    }
    assert.deepEqual(await server.request("documentSymbol", "untitled:none"), []);
    assert.equal(
      await server.request("hover", "untitled:none", { position: { line: 0, character: 0 } }),
      null,
    );
  });

  it("answers for a dump of 20,000 tasks within some seconds", async () => {
    const [main] = SAMPLE.tasks;
    const tasks = Array.from({ length: 20_000 }, (_, i) => ({ ...main!, id: i + 1, name: `task-${i}` }));
    await server.open("untitled:large", writeDump({ ...SAMPLE, tasks }));
    // The text has arrived when this is answered.
    await server.request("hover", URI, { position: { line: 0, character: 0 } });
    const start = performance.now();
    const symbols = await server.request("documentSymbol", "untitled:large");
    const took = performance.now() - start;
    console.log(`      (${Math.round(took)} ms)`);
    assert.equal(symbols[2].children.length, 20_000);
    assert.ok(took < 15_000, `${took} ms`);
  });

  it("ends when it is told to, and when the editor goes away without a word", async () => {
    const { server: polite } = await LanguageServerProcess.start();
    assert.equal(await polite.stop(), 0);
    const { server: left } = await LanguageServerProcess.start();
    left.child.stdin!.end();
    const timer = setTimeout(() => left.child.kill("SIGKILL"), 5000);
    await left.exited;
    clearTimeout(timer);
    assert.equal(left.child.signalCode, null);
  });
});
