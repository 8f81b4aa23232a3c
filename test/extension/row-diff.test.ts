import assert from "node:assert/strict";
import { HOLD, HoverHold } from "../../extension/src/views/hover-hold.js";
import { RowDiff, type ShownRow } from "../../extension/src/views/row-diff.js";
import { FakeTimers } from "./fake-timers.js";

function row(path: string, text: string, children?: ShownRow<string>[], own = true): ShownRow<string> {
  return { node: path, path, text, own, ...(children && { children }) };
}

describe("Which rows are redrawn", () => {
  let now: number;
  let diff: RowDiff<string>;

  /** What the editor does after a redraw: asks for everything that it shows. */
  function draw(rows: readonly ShownRow<string>[], parent?: string): void {
    diff.drewList(parent, rows);
    for (const each of rows) {
      diff.drewRow(each.path, each.text);
      if (each.children) draw(each.children, each.path);
    }
  }

  beforeEach(() => {
    now = 0;
    diff = new RowDiff(() => now);
  });

  it("all of them at first", () => {
    assert.equal(diff.changes([row("a", "x")]), "all");
  });

  it("none when nothing reads differently", () => {
    const rows = [row("a", "x", [row("a/1", "y")])];
    draw(rows);
    assert.deepEqual(diff.changes(rows), []);
    now = 60_000;
    assert.deepEqual(diff.changes(rows), []);
    assert.deepEqual(diff.changes(rows, true), []);
  });

  it("only the one that changed its state", () => {
    draw([row("a", "x", [row("a/1", "waiting"), row("a/2", "waiting")])]);
    assert.deepEqual(diff.changes([row("a", "x", [row("a/1", "waiting"), row("a/2", "done")])]), ["a/2"]);
  });

  it("all when a root comes or goes, and the parent when a child does", () => {
    draw([row("a", "x", [row("a/1", "y")])]);
    assert.deepEqual(diff.changes([row("a", "x", [row("a/1", "y"), row("a/2", "z")])]), ["a"]);
    assert.equal(diff.changes([row("a", "x"), row("b", "x")]), "all");
  });

  it("the row above those that cannot be redrawn alone", () => {
    draw([row("a", "x", [row("a/f", "main.ts:3", undefined, false)])]);
    assert.deepEqual(diff.changes([row("a", "x", [row("a/f", "main.ts:4", undefined, false)])]), ["a"]);
  });

  it("an age each second while it is young, later every five seconds", () => {
    const redrawn: number[] = [];
    draw([row("a", "waiting · 0 ms")]);
    for (now = 1000; now <= 30_000; now += 1000) {
      const rows = [row("a", `waiting · ${now / 1000} s`)];
      if (diff.changes(rows).length > 0) {
        redrawn.push(now / 1000);
        diff.drewRow("a", rows[0]!.text);
      }
    }
    assert.deepEqual(redrawn, [1, 2, 3, 4, 5, 6, 7, 8, 9, 14, 19, 24, 29]);
  });

  it("every age when the program has just stopped", () => {
    const at = (seconds: number) => [row("a", `waiting · ${seconds} s`, [row("a/1", "same")])];
    draw(at(60));
    now = 500;
    assert.deepEqual(diff.changes(at(61)), []);
    assert.deepEqual(diff.changes(at(61), true), ["a"]);
  });

  it("a row that was closed and opened again", () => {
    const opened = [row("a", "x", [row("a/1", "y")])];
    draw(opened);
    assert.deepEqual(diff.changes([row("a", "x")]), []);
    assert.deepEqual(diff.changes(opened), ["a"]);
  });
});

describe("An open hover", () => {
  let timers: FakeTimers;
  let drawn: number[];
  let hold: HoverHold;

  beforeEach(() => {
    timers = new FakeTimers();
    drawn = [];
    hold = new HoverHold(() => void drawn.push(timers.now()), timers);
  });

  it("is not closed by changes for some seconds; they are shown then", async () => {
    hold.redraw();
    hold.hovered();
    hold.redraw();
    hold.redraw();
    await timers.advance(HOLD - 1);
    assert.deepEqual(drawn, [0]);
    await timers.advance(1);
    assert.deepEqual(drawn, [0, HOLD]);
  });

  it("gives way to what must be seen at once", () => {
    hold.hovered();
    hold.redraw();
    hold.release();
    assert.deepEqual(drawn, [0]);
    hold.redraw();
    assert.deepEqual(drawn, [0, 0]);
  });

  it("redraws nothing when nothing changed", async () => {
    hold.hovered();
    await timers.advance(HOLD * 2);
    assert.deepEqual(drawn, []);
  });
});
