import assert from "node:assert/strict";
import { EditedLines, type LineEdit } from "../../extension/src/hints/edited-lines.js";

const edit = (start: number, end: number, breaks: number, atLineStart = false): LineEdit => ({
  start,
  end,
  breaks,
  atLineStart,
});

function after(...edits: LineEdit[]): (line: number) => number | undefined {
  const lines = new EditedLines();
  for (const each of edits) lines.edit(each);
  return (line) => lines.now(line);
}

describe("Lines of a file that is edited while its program runs", () => {
  it("stay where they are while something is typed in a line or below", () => {
    const now = after(edit(3, 3, 0), edit(9, 9, 4));
    assert.deepEqual([now(2), now(3), now(8)], [2, 3, 8]);
  });

  it("move with what is put in or taken away above", () => {
    assert.equal(after(edit(1, 1, 2))(5), 7);
    assert.equal(after(edit(1, 3, 0))(5), 3);
    assert.equal(after(edit(1, 1, 2), edit(0, 1, 0))(5), 6);
  });

  it("move down when a line is begun before them, and stay when it is begun behind them", () => {
    assert.equal(after(edit(5, 5, 1, true))(5), 6);
    assert.equal(after(edit(5, 5, 1))(5), 5);
  });

  it("are gone when they are deleted; what stands before and behind stays", () => {
    const now = after(edit(4, 7, 0, true));
    assert.deepEqual(
      [now(3), now(4), now(5), now(6), now(7), now(8)],
      [3, undefined, undefined, undefined, 4, 5],
    );
  });

  it("keep the head of a line whose tail is deleted with the lines below", () => {
    const now = after(edit(4, 6, 0));
    assert.deepEqual([now(4), now(5), now(6)], [4, undefined, 4]);
  });
});
