import assert from "node:assert/strict";
import { parseFilter } from "../../debug-adapter/src/text/task-filter.js";

describe("The filter of the Tasks view", () => {
  it("is off when nothing is typed", () => {
    assert.deepEqual(parseFilter("   "), { filter: undefined });
  });

  it("takes plain words as part of a name, with their spaces", () => {
    assert.deepEqual(parseFilter(" fetch user ").filter, { text: "fetch user" });
  });

  it("takes states, several and shortened, and the word waiting", () => {
    assert.deepEqual(parseFilter("state:failed,cancelled").filter, { states: ["failed", "cancelled"] });
    assert.deepEqual(parseFilter("State:susp").filter, { states: ["suspended"] });
    assert.deepEqual(parseFilter("state:waiting").filter, { states: ["suspended"] });
    assert.deepEqual(parseFilter("state:s").filter, { states: ["scheduled", "suspended"] });
  });

  it("takes an age in any unit, seconds when none is given", () => {
    const ages: [string, number][] = [
      ["older:500ms", 500],
      ["older:5", 5000],
      ["older:1.5s", 1500],
      ["age:>3min", 180_000],
      ["older:2h", 7_200_000],
    ];
    for (const [text, olderThan] of ages) assert.deepEqual(parseFilter(text).filter, { olderThan });
  });

  it("takes all of them together, in any order", () => {
    assert.deepEqual(parseFilter("older:5s worker state:suspended pool").filter, {
      text: "worker pool",
      states: ["suspended"],
      olderThan: 5000,
    });
  });

  it("takes words with a colon of their own as text", () => {
    assert.deepEqual(parseFilter("http://x:80").filter, { text: "http://x:80" });
  });

  it("takes words in quotes as they stand, with their spaces and words of the filter", () => {
    assert.deepEqual(parseFilter('"state:failed"').filter, { text: "state:failed" });
    assert.deepEqual(parseFilter('"fetch  user" older:1s').filter, { text: "fetch  user", olderThan: 1000 });
    assert.deepEqual(parseFilter('""').filter, undefined);
    assert.deepEqual(parseFilter('say"hi"').filter, { text: 'say"hi"' });
    assert.match(parseFilter('"fetch user').error ?? "", /The quote "fetch user is not closed/);
    assert.match(parseFilter('"').error ?? "", /is not closed/);
  });

  it("holds to the longest of several ages, in any order", () => {
    assert.deepEqual(parseFilter("older:5s older:1s").filter, { olderThan: 5000 });
    assert.deepEqual(parseFilter("older:1s older:5s").filter, { olderThan: 5000 });
  });

  it("says what is wrong and what could be meant", () => {
    assert.match(parseFilter("state:asleep").error ?? "", /“asleep” is no state: use created/);
    assert.match(parseFilter("state:").error ?? "", /is no state/);
    assert.match(parseFilter("older:soon").error ?? "", /“soon” is no duration: use for example/);
  });

  it("takes a name, a file and what is waited for, each also in quotes", () => {
    assert.deepEqual(parseFilter('name:fetch file:src/crawler.ts waits:"Lock db held" Worker').filter, {
      text: "Worker",
      name: "fetch",
      file: "src/crawler.ts",
      waitsFor: "Lock db held",
    });
    assert.deepEqual(parseFilter("For:queue").filter, { waitsFor: "queue" });
    assert.match(parseFilter("file:").error ?? "", /after file:/);
    assert.match(parseFilter('waits:"Lock db').error ?? "", /not closed/);
  });
});
