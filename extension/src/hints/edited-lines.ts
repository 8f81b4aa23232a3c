/** A change of a text. Lines are 0-based and counted before it. */
export interface LineEdit {
  /** First and last line that it touches. */
  readonly start: number;
  readonly end: number;
  /** Line breaks in the text put in their place. */
  readonly breaks: number;
  /** Nothing but blanks stands before it on its first line. */
  readonly atLineStart: boolean;
}

/**
 * Follows lines through the edits of a file. A program that runs stands at lines of the file as it was when the
 * program started, whatever has been typed since.
 */
export class EditedLines {
  readonly #edits: LineEdit[] = [];

  edit(edit: LineEdit): void {
    // What is typed within a line moves none.
    if (edit.start !== edit.end || edit.breaks > 0) this.#edits.push(edit);
  }

  /** Where a line is now; undefined when it was removed. 0-based. */
  now(line: number): number | undefined {
    let at: number | undefined = line;
    for (const edit of this.#edits) {
      at = moved(at, edit);
      if (at === undefined) return undefined;
    }
    return at;
  }
}

function moved(line: number, { start, end, breaks, atLineStart }: LineEdit): number | undefined {
  if (line < start) return line;
  if (line > end) return line + breaks - (end - start);
  // The rest of the last line stands behind what was put in.
  if (line === end && (start < end || atLineStart)) return start + breaks;
  return line === start && !atLineStart ? line : undefined;
}
