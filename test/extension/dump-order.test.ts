import assert from "node:assert/strict";
import { isLater } from "../../extension/src/dump/dump-order.js";

const dump = (time: string): string =>
  `Asyncscope task dump 1\n\nprogram  /a.mjs\ntime     ${time}\nstatus   live\n`;

describe("Which of two task dumps is the later one", () => {
  it("their times say", () => {
    const [early, late] = [dump("2026-01-01T00:00:00.000Z"), dump("2026-01-01T00:00:00.001Z")];
    assert.equal(isLater(late, early), true);
    assert.equal(isLater(early, late), false);
    assert.equal(isLater(early, early), false);
  });

  it("stays as they are given when one of them does not say", () => {
    assert.equal(isLater(dump("2026-01-01T00:00:00.000Z"), "Asyncscope task dump 1\n"), false);
    assert.equal(isLater("", dump("2026-01-01T00:00:00.000Z")), false);
  });
});
