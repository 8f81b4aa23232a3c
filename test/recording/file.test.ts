import assert from "node:assert/strict";
import { NotARecordingError } from "@asyncscope/debug-adapter/recording/read";
import { createTask, sleep } from "asyncscope";
import { Random } from "../support/random.js";
import { fileOf, HEADER, read, stretches } from "./support/made.js";

describe("A recording file", () => {
  let file = "";
  before(async () => {
    file = await fileOf(
      () =>
        function* () {
          for (let i = 0; i < 1500; i++) yield* createTask(sleep(1), { name: `sleeper-${i}` });
        },
    );
  });

  it("says which program it is of, and gives every event", () => {
    const { timeline, problems } = read(file);
    assert.deepEqual(problems, []);
    assert.equal(timeline.info!.program, "/src/program.ts");
    assert.equal(timeline.tasks.length, 1502);
    assert.deepEqual(stretches(read(file), "sleeper-1499"), ["1499-1500 waits for timer 1 ms"]);
  });

  it("that was cut off is shown as far as it goes, and what is missing is said", () => {
    const { timeline, problems } = read(file.slice(0, file.length * 0.6));
    assert.ok(timeline.tasks.length > 700 && timeline.tasks.length < 1502);
    assert.deepEqual(problems, [
      `${file.slice(0, file.length * 0.6).split("\n").length}: The last line is cut off.`,
      "0: The recording has no end: its file was cut off, or is still being written.",
    ]);
    assert.deepEqual(read(HEADER).problems, [problems[1]!]);
  });

  it("with damaged lines loses these alone", () => {
    const lines = file.split("\n");
    const broken = lines.with(4, lines[4]!.slice(20)).with(6, lines[6]!.replace(/,(\d+)\]/, ',"x"]'));
    const { timeline, problems } = read(broken.join("\n"));
    assert.ok(timeline.tasks.length > 800);
    assert.equal(problems[0], "5: This line is damaged: what it says is left out.");
    assert.equal(problems[1], "7: This line says something impossible: the rest of it is left out.");
    assert.match(problems[2]!, /^0: \d+ of \d+ events are missing\.$/);
  });

  it("of something else, or of a version to come, is refused in words", () => {
    assert.throws(() => read(""), /no recording of Asyncscope/);
    assert.throws(() => read("{}"), NotARecordingError);
    assert.throws(() => read("\u0000\u0001".repeat(3_000_000)), NotARecordingError);
    assert.throws(
      () => read(HEADER.replace('"version":1', '"version":2')),
      /has version 2; this Asyncscope reads/,
    );
  });

  it("never ends in anything but a timeline or a refusal, whatever is done to it", () => {
    const random = new Random(20261128);
    const small = file.slice(0, 40_000);
    for (let i = 0; i < 300; i++) {
      let text = small;
      for (let j = 0; j < 3; j++) {
        const at = random.below(text.length);
        const junk = ["", "]", '"', "9".repeat(25), "-1", "null", "\n", "[", "1e999"][random.below(9)]!;
        text = text.slice(0, at) + junk + text.slice(at + random.below(20));
      }
      try {
        const { lanes, timeline } = read(text);
        for (const task of lanes.order) lanes.totals(task);
        assert.equal(lanes.order.length, timeline.tasks.length);
      } catch (error) {
        assert.ok(error instanceof NotARecordingError, String(error));
      }
    }
  });
});
