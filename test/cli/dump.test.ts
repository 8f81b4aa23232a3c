import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TaskDump } from "@asyncscope/protocol";
import { parseDump } from "../../debug-adapter/src/dump/parse.js";
import { writeDump } from "../../debug-adapter/src/dump/write.js";
import { asyncscope, freePort, isOpen, Subject } from "../support/cli.js";
import { eventually } from "../support/eventually.js";

describe("asyncscope dump in a terminal", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "asyncscope-dump-"));
  afterEach(() => Subject.endAll());
  after(() => rmSync(folder, { recursive: true, force: true }));

  const start = async (...args: string[]): Promise<{ subject: Subject; port: number }> => {
    const port = await freePort();
    return { subject: await Subject.start("workers.mjs", { node: [`--inspect-port=${port}`], args }), port };
  };

  it("prints a document that names the line each task waits at, and leaves the program as it was", async () => {
    const { subject, port } = await start();
    const { code, stdout, stderr } = await asyncscope("dump", subject.pid);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    const { dump, diagnostics } = parseDump(stdout);
    assert.deepEqual(diagnostics, []);
    assert.equal(dump.pid, subject.pid);
    const source = readFileSync("test/fixtures/cli/workers.mjs", "utf8").split("\n");
    const consumer = dump.tasks.find(({ name }) => name === "consumer");
    assert.equal(consumer?.waits[0]?.label, "Queue jobs 0/3");
    assert.equal(consumer.frames[0]?.location?.line, source.findIndex((text) => text.includes("@get")) + 1);
    assert.match(dump.notes.join(), /Nothing was recorded before/);
    assert.doesNotMatch(stdout, /\u001b/);
    await eventually("the inspector is closed", async () => !(await isOpen(port)));
    assert.ok(subject.alive);
  });

  it("DB-09 names the tasks that wait for each other", async () => {
    const { subject } = await start("--ring");
    const { dump } = parseDump((await asyncscope("dump", subject.pid)).stdout);
    const [finding, ...others] = dump.findings;
    assert.deepEqual(others, []);
    assert.equal(finding?.kind, "wait-cycle");
    assert.match(finding.text, /ring-0.*ring-1/);
    const source = readFileSync("test/fixtures/cli/workers.mjs", "utf8").split("\n");
    const line = source.findIndex((text) => text.includes("yield* ring[next]")) + 1;
    assert.deepEqual([...new Set(finding.locations.map((each) => each.line))], [line]);
  });

  it("--json gives the same as data; --output writes it to a file; --limit says what is left out", async () => {
    const { subject } = await start();
    const dump = JSON.parse(
      (await asyncscope("dump", subject.pid, "--json", "--limit=1")).stdout,
    ) as TaskDump;
    assert.deepEqual(parseDump(writeDump(dump)).dump, dump);
    assert.ok(dump.hidden.tasks > 0);
    const file = join(folder, "hang.taskdump");
    const { code, stdout } = await asyncscope("dump", subject.pid, "--output", file);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`^\\d+ tasks, 1 queue and lock: ${file}\n$`));
    assert.ok(parseDump(readFileSync(file, "utf8")).dump.tasks.some(({ name }) => name === "consumer"));
  });

  it("says what to do when the file cannot be written", async () => {
    const { subject } = await start();
    const { code, stderr } = await asyncscope(
      "dump",
      subject.pid,
      "--output",
      join(folder, "no", "such.taskdump"),
    );
    assert.equal(code, 1);
    assert.match(stderr, /could not be written: .*Name another file with --output/);
  });

  for (const args of [
    ["dump"],
    ["dump", "1", "--by", "await"],
    ["dump", "1", "--output"],
    ["tree", "1", "--output=x"],
  ])
    it(`shows the usage for: ${args.join(" ")}`, async () => {
      const { code, stderr } = await asyncscope(...args);
      assert.equal(code, 2);
      assert.match(stderr, /^asyncscope: .+\n\nUsage:/);
    });
});
