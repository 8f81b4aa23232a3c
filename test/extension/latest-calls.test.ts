import assert from "node:assert/strict";
import { LatestCalls } from "../../extension/src/views/latest-calls.js";

describe("Overlapping questions of a tree view", () => {
  it("only the newest one about a row is answered with its children", () => {
    const calls = new LatestCalls();
    const first = calls.begin("items");
    const second = calls.begin("items");
    const other = calls.begin("putters");
    assert.deepEqual([first(), second(), other()], [false, true, true]);
  });

  it("the newest one is answered whichever comes first", () => {
    const calls = new LatestCalls();
    const first = calls.begin("items");
    const second = calls.begin("items");
    assert.deepEqual([second(), first()], [true, false]);
    assert.equal(calls.begin("items")(), true);
  });

  it("a call that was overtaken without another one is not the newest", () => {
    const calls = new LatestCalls();
    const first = calls.begin("row");
    calls.overtake("row");
    const second = calls.begin("row");
    assert.deepEqual([first(), second()], [false, true]);
  });
});
