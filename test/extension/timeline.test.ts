import assert from "node:assert/strict";
import type { RecordingBody, RecordingDataBody } from "@asyncscope/protocol";
import { createTask, Queue, sleep } from "asyncscope";
import { RecordingFollower } from "../../extension/src/timeline/recording-follower.js";
import { RecordingSource } from "../../extension/src/timeline/recording-source.js";
import { rulerLabel, rulerMarks, stepFor } from "../../extension/src/timeline/ruler.js";
import { search } from "../../extension/src/timeline/search.js";
import { isTimelineMessage, isTimelineRequest } from "../../extension/src/timeline/timeline-messages.js";
import { Viewport } from "../../extension/src/timeline/viewport.js";
import { fileOf, read } from "../recording/support/made.js";
import { FakeTimers, settle } from "./fake-timers.js";

const SECOND = 10_000_000;
const HOUR = 3600 * SECOND;

describe("A timeline's piece of time", () => {
  const hour = (): Viewport => {
    const viewport = new Viewport();
    viewport.width = 1000;
    viewport.end = HOUR;
    viewport.fit();
    return viewport;
  };

  it("goes from an hour down to a microsecond around the pointer, and back", () => {
    const viewport = hour();
    assert.ok(viewport.isAll);
    const time = viewport.timeAt(700);
    for (let i = 0; i < 200; i++) viewport.zoom(1.25, 700);
    assert.ok(Math.abs(viewport.timeAt(700) - time) < 1, "what is under the pointer stays there");
    assert.equal(Math.round(1 / viewport.ticksPerPixel), 10, "a microsecond is 100 pixels wide");
    for (let i = 0; i < 300; i++) viewport.zoom(1 / 1.25, 700);
    assert.ok(viewport.to - viewport.from > HOUR);
    assert.ok(viewport.to - viewport.from < HOUR * 1.1);
  });

  it("never leaves the recording, however far it is moved", () => {
    const viewport = hour();
    viewport.zoom(1000);
    for (const pixels of [1e9, -1e9]) {
      viewport.pan(pixels);
      assert.ok(viewport.to > 0 && viewport.from < HOUR);
    }
    viewport.goTo(-1);
    assert.ok(viewport.from <= 0 && viewport.xOf(0) < 100);
    viewport.goTo(1);
    assert.ok(viewport.to >= HOUR && viewport.xOf(HOUR) > 900);
  });

  it("shows what is to be revealed: beside it, longer than it, or far too short to see", () => {
    const viewport = hour();
    viewport.zoom(100);
    viewport.reveal(HOUR / 2, HOUR / 2 + SECOND);
    assert.ok(viewport.from < HOUR / 2 && viewport.to > HOUR / 2 + SECOND);
    viewport.reveal(0, HOUR);
    assert.ok(viewport.from <= 0 && viewport.to >= HOUR);
    viewport.reveal(SECOND, SECOND + 20);
    assert.ok(viewport.xOf(SECOND + 20) - viewport.xOf(SECOND) > 100);
  });
});

describe("A timeline's ruler", () => {
  it("has round steps of every size", () => {
    const steps = [1, 3, 70, 4000, 600_000, 8_000_000, 70_000_000, 2_000_000_000];
    assert.deepEqual(
      steps.map((step) => stepFor(step)),
      [1, 5, 100, 5000, 1_000_000, SECOND, 10 * SECOND, 300 * SECOND],
    );
  });

  it("says times as exactly as its marks stand apart", () => {
    assert.equal(rulerLabel(0, 1), "0");
    assert.equal(rulerLabel(2500, 100), "250 µs");
    assert.equal(rulerLabel(125_000, 5000), "12.5 ms");
    assert.equal(rulerLabel(3 * SECOND + 40_000, 10_000), "3.004 s");
    assert.equal(rulerLabel(150 * SECOND, 10 * SECOND), "2:30");
    assert.equal(rulerLabel(150 * SECOND + 5, 1), "2:30.0000005");
    assert.equal(rulerLabel(3725 * SECOND, SECOND), "1:02:05");
  });

  it("puts them where there is room", () => {
    const marks = rulerMarks(-100, 1000, 90);
    assert.deepEqual(
      marks.map(({ time }) => time),
      [0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 1000],
    );
    assert.ok(rulerMarks(0, HOUR, 1).length <= 1000);
  });
});

describe("The search of a timeline", () => {
  it("finds tasks by name and function, and those that waited for a thing of that name", async () => {
    const { timeline, lanes } = read(
      await fileOf(
        () =>
          function* () {
            const jobs = new Queue<number>(1, { name: "Jobs" });
            createTask(jobs.get(), { name: "reader" });
            createTask(sleep(1), { name: "job clerk" });
            yield* sleep(2);
            jobs.putNowait(1);
            yield* sleep(2);
          },
      ),
    );
    const names = (text: string): string[] =>
      search(timeline, lanes, text).map(
        ({ task, stretch }) => `${timeline.tasks[task]!.name}${stretch === undefined ? "" : " waits"}`,
      );
    assert.deepEqual(names("JOB"), ["reader waits", "job clerk"]);
    assert.deepEqual(names("reader"), ["reader"]);
    assert.deepEqual(names(" "), []);
    assert.deepEqual(names("nowhere"), []);
  });
});

describe("What a timeline and the extension say to each other", () => {
  it("is taken only when it is what it should be", () => {
    assert.ok(isTimelineMessage({ type: "text", text: "", fresh: true }));
    assert.ok(isTimelineRequest({ type: "open", path: "/a", line: 1, column: 0 }));
    assert.ok(isTimelineRequest({ type: "ready" }));
    for (const wrong of [
      null,
      "ready",
      {},
      { type: "text" },
      { type: "open", path: "/a", line: -1, column: 0 },
      { type: "open", path: "/a", line: 1.5, column: 0 },
      { type: "open", path: 1, line: 1, column: 0 },
      { type: "open", path: "x".repeat(10_001), line: 1, column: 0 },
      { type: "state", recording: "yes", complete: true },
    ]) {
      assert.equal(isTimelineRequest(wrong), false);
      assert.equal(isTimelineMessage(wrong), false);
    }
  });
});

describe("The recording of a session that ends", () => {
  const body: RecordingBody = { state: "recording", id: 1, lines: 0, events: 0, lost: 0, duration: 0 };

  it("is taken over to its last line, and read from any line on", async () => {
    const lines = ["a\n", "b\n", "c\n", "d\n"];
    let asked = 0;
    const source = new RecordingSource(
      {
        id: "s",
        name: "s",
        variables: () => Promise.resolve([]),
        request: (_name, args) => {
          const { from } = args as { from: number };
          // Two at a time; the last one comes only after a while.
          const ready = ++asked > 4 ? 4 : 3;
          const text = lines.slice(from, Math.min(ready, from + 2)).join("");
          const state = ready === 4 && from === 4 ? "ended" : "recording";
          const data: RecordingDataBody = { ...body, state, text, next: from + text.length / 2 };
          return Promise.resolve(data as never);
        },
      },
      body,
    );
    await source.keep();
    assert.equal(source.isRecording, false);
    const before = asked;
    let all = "";
    for await (const piece of source.pieces()) all += piece;
    assert.equal(all, lines.join(""));
    assert.deepEqual(await source.read(1), { text: "b\n", next: 2 });
    assert.deepEqual(await source.read(4), { text: "", next: 4 });
    assert.equal(asked, before, "nobody is asked any more");
  });
});

describe("A recording that is followed", () => {
  /** Answers when it is let to. */
  function slowSource(lines: readonly string[]) {
    const waiting: (() => void)[] = [];
    return {
      isRecording: true,
      waiting,
      read: async (from: number) => {
        await new Promise<void>((resolve) => waiting.push(resolve));
        return { text: lines.slice(from).join(""), next: lines.length };
      },
    };
  }

  it("is read once, however often it is said that there is more", async () => {
    const timers = new FakeTimers();
    const source = slowSource(["a", "b"]);
    const seen: [string, boolean][] = [];
    const states: boolean[] = [];
    const viewer = {
      visible: true,
      text: (text: string, fresh: boolean) => Promise.resolve(seen.push([text, fresh])),
      state: (recording: boolean) => Promise.resolve(states.push(recording)),
    };
    const follower = new RecordingFollower(source, viewer, timers);
    follower.restart();
    await timers.advance(0);
    follower.refresh();
    await timers.advance(0);
    follower.refresh();
    await timers.advance(0);
    for (let i = 0; i < 5; i++) {
      source.waiting.splice(0).forEach((answer) => answer());
      await settle();
    }
    assert.deepEqual(seen, [["ab", true]]);
    source.isRecording = false;
    follower.refresh();
    await timers.advance(0);
    source.waiting.splice(0).forEach((answer) => answer());
    await settle();
    assert.equal(states.at(-1), false);
    assert.equal(seen.length, 1);
  });
});
