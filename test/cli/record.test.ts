import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { RecordingReader } from "@asyncscope/debug-adapter/recording/read";
import { Timeline } from "@asyncscope/debug-adapter/recording/timeline";
import { asyncscope, freePort, isOpen, Subject } from "../support/cli.js";
import { eventually } from "../support/eventually.js";

describe("asyncscope record in a terminal", function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), "asyncscope-record-"));
  afterEach(() => Subject.endAll());
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("writes what tasks do for a while into a file, and leaves the program as it was", async () => {
    const port = await freePort();
    const subject = await Subject.start("workers.mjs", { node: [`--inspect-port=${port}`] });
    const file = join(folder, "work.taskrec");
    const { code, stdout, stderr } = await asyncscope("record", subject.pid, "--seconds=1", "--output", file);
    assert.equal(stderr, "");
    assert.equal(code, 0);
    assert.ok(/^\d+ events? in \d+\.\d s: /.test(stdout) && stdout.includes(file), stdout);
    const timeline = new Timeline();
    const reader = new RecordingReader(timeline);
    reader.push(readFileSync(file, "utf8"));
    reader.end();
    assert.deepEqual(reader.problems, []);
    assert.equal(timeline.info!.pid, subject.pid);
    assert.ok(timeline.tasks.some(({ name }) => name === "consumer"));
    await eventually("the inspector is closed", async () => !(await isOpen(port)));
    assert.ok(subject.alive);
  });

  it("--trace writes a trace for Perfetto", async () => {
    const subject = await Subject.start("workers.mjs", { node: [`--inspect-port=${await freePort()}`] });
    const file = join(folder, "work.json");
    const { code } = await asyncscope("record", subject.pid, "--seconds", "1", "--trace", "--output", file);
    assert.equal(code, 0);
    const { traceEvents } = JSON.parse(readFileSync(file, "utf8")) as { traceEvents: { name: string }[] };
    assert.ok(traceEvents.some(({ name }) => name === "thread_name"));
  });

  it("says what belongs to which command", async () => {
    assert.match((await asyncscope("dump", 1, "--trace")).stderr, /belong to the command record/);
    assert.match((await asyncscope("tree", 1, "--output", "x")).stderr, /dump and record/);
    assert.match((await asyncscope("record", 1, "--seconds", "0")).stderr, /whole number from 1/);
  });
});
