import assert from "node:assert/strict";
import type { RecordingBody, RecordingDataBody } from "@asyncscope/protocol";
import { waitLabel } from "@asyncscope/debug-adapter/recording/describe";
import { Lanes } from "@asyncscope/debug-adapter/recording/lanes";
import { RecordingReader } from "@asyncscope/debug-adapter/recording/read";
import { Timeline } from "@asyncscope/debug-adapter/recording/timeline";
import { fixture, Session } from "../support/dap-session.js";

const PROGRAM = fixture("timeline.mjs");

const state = (session: Session): Promise<RecordingBody> => session.request("asyncscope/recordingState", {});

/** All lines of the recording, asked for in small pieces. */
async function read(session: Session): Promise<{ timeline: Timeline; lanes: Lanes; problems: string[] }> {
  const timeline = new Timeline();
  const reader = new RecordingReader(timeline);
  for (let from = 0; ;) {
    const body = await session.request<RecordingDataBody>("asyncscope/recordingData", { from, limit: 5000 });
    if (body.text === "") break;
    reader.push(body.text);
    from = body.next;
  }
  reader.end();
  return { timeline, lanes: new Lanes(timeline), problems: reader.problems.map(({ message }) => message) };
}

/** Asks until there are so many events. */
async function recorded(session: Session, events: number): Promise<RecordingBody> {
  for (;;) {
    const body = await state(session);
    if (body.events >= events || body.state !== "recording") return body;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const said = (session: Session, text: string): Promise<unknown> =>
  session.client.until(() => (session.client.output("stdout").includes(text) ? true : undefined), text);

describe("asyncscope/recordingStart", function () {
  this.timeout(60_000);
  afterEach(() => Session.closeAll());

  it("records a running program until it is stopped, with names, lines and who woke whom", async () => {
    const session = Session.inMemory();
    await session.launch("timeline.mjs", { config: { args: ["stay"] } });
    await said(session, "busy");
    assert.equal((await state(session)).state, "none");
    const started = await session.request<RecordingBody>("asyncscope/recordingStart", {});
    assert.equal(started.state, "recording");
    assert.ok((await recorded(session, 500)).events >= 500);
    const stopped = await session.request<RecordingBody>("asyncscope/recordingStop", {});
    assert.equal(stopped.state, "stopped");
    assert.equal(stopped.lost, 0);
    assert.deepEqual(await session.request("asyncscope/recordingStop", {}), stopped, "there is none to stop");

    const { timeline, lanes, problems } = await read(session);
    assert.deepEqual(problems, []);
    assert.equal(timeline.info!.program, PROGRAM);
    assert.deepEqual(timeline.tasks.map(({ name }) => name).sort(), ["Task-1", "carver", "poller", "smith"]);
    const smith = timeline.tasks.findIndex(({ name }) => name === "smith");
    assert.deepEqual(
      { ...timeline.sites.get(timeline.tasks[smith]!.site), column: 0 },
      { path: PROGRAM, line: session.line("create-smith"), column: 0, functionName: "main" },
    );
    const waits = new Set<string>();
    const wakers = new Set<string>();
    let polls = 0;
    for (const task of lanes.order)
      for (let each = lanes.first(task); each !== undefined; each = lanes.beside(each, 1)) {
        const segment = lanes.index[each.at]!;
        if (task === smith && each.state === 2) waits.add(waitLabel(timeline, segment));
        const by = timeline.segments.by.data[segment]!;
        if (task === smith && each.state === 0 && by > 0) wakers.add(timeline.tasks[by - 1]!.name);
        const site = timeline.sites.get(timeline.segments.site.data[segment]!);
        if (site?.line === session.line("poll")) polls++;
      }
    assert.ok(waits.has("Queue jobs") && waits.has("timer 2 ms"), [...waits].join());
    assert.ok(wakers.has("Task-1"), [...wakers].join());
    assert.ok(polls > 0, "the line of an async function's await is known");
    await session.request("disconnect", { terminateDebuggee: true });
  });

  it("works while the program stands at a breakpoint, and a second recording takes the place of the first", async () => {
    const session = Session.inMemory();
    await session.launch("timeline.mjs", { stopAt: ["poll"], config: { args: ["stay"] } });
    await session.stopAt("poll");
    const first = await session.request<RecordingBody>("asyncscope/recordingStart", {});
    const { events } = await session.request<RecordingBody>("asyncscope/recordingStop", {});
    assert.ok(events >= 8, "four tasks were there");
    const second = await session.request<RecordingBody>("asyncscope/recordingStart", { capacity: 4096 });
    assert.notEqual(second.id, first.id);
    assert.equal(second.events, 0);
    await session.request("disconnect", { terminateDebuggee: true });
  });

  it("keeps what was recorded when the program ends by itself", async () => {
    const session = Session.inMemory();
    await session.launch("timeline.mjs");
    await said(session, "busy");
    await session.request<RecordingBody>("asyncscope/recordingStart", {});
    await session.ended();
    const body = await session.client.until(
      () => session.client.events.findLast(({ event }) => event === "asyncscope/recording")?.body,
      "the end of the recording",
    );
    assert.notEqual(body.state, "none");
    const { timeline, problems } = await read(session);
    assert.deepEqual(problems, []);
    const main = timeline.tasks.find(({ name }) => name === "Task-1")!;
    assert.equal(main.ending, 0, "its last events are there: the main task has ended");
  });

  it("is refused where there are no tasks to record", async () => {
    const session = Session.inMemory();
    await session.launch("idle.cjs");
    const error = await session.client.failure("asyncscope/recordingStart", {});
    assert.match(error.message, /no asyncscope runtime/);
    assert.match((await session.client.failure("asyncscope/recordingData", {})).message, /"from"/);
    await session.request("disconnect", { terminateDebuggee: true });
  });
});
