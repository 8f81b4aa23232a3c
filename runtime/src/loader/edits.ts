/** A piece of code that is put into a source. */
export interface Edit {
  /** Offset in the source. */
  readonly at: number;
  /** The piece; each `#` becomes the number of a point. */
  readonly text: string;
  /** Index of the point in its file; -1 when the piece names none. */
  readonly point: number;
}

/** What stands for `#`: always of the same length, so that columns do not depend on it. */
const number = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;
const NUMBER_LENGTH = 10;

/** Gathers edits; those at the same place come out in the order in which they were made. */
export class EditList {
  readonly #edits: Edit[] = [];
  #sorted = true;

  get length(): number {
    return this.#edits.length;
  }

  add(at: number, text: string, point = -1): void {
    const last = this.#edits[this.#edits.length - 1];
    if (last !== undefined && at < last.at) this.#sorted = false;
    this.#edits.push({ at, text, point });
  }

  /** In the order of the source. */
  list(): readonly Edit[] {
    if (!this.#sorted) this.#edits.sort((a, b) => a.at - b.at);
    this.#sorted = true;
    return this.#edits;
  }
}

/** The source with all pieces put in. `base`: number of the file's first point. */
export function applyEdits(source: string, edits: readonly Edit[], base: number): string {
  let code = "";
  let done = 0;
  for (const { at, text, point } of edits) {
    code += source.slice(done, at) + (point < 0 ? text : text.replaceAll("#", number(base + point)));
    done = at;
  }
  return code + source.slice(done);
}

/** How long a piece is in the code. */
function lengthOf({ text, point }: Edit): number {
  if (point < 0) return text.length;
  let length = text.length;
  for (let i = text.indexOf("#"); i >= 0; i = text.indexOf("#", i + 1)) length += NUMBER_LENGTH - 1;
  return length;
}

/** Where the lines of a text begin. Lines end as JavaScript has them. */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 13 && text.charCodeAt(i + 1) === 10) continue;
    if (code === 10 || code === 13 || code === 0x2028 || code === 0x2029) starts.push(i + 1);
  }
  return starts;
}

/** One insertion in a line; columns 0-based. */
interface Insertion {
  /** Column in the source before which it stands. */
  readonly column: number;
  readonly length: number;
}

/** How columns of a source and of its rewritten code belong together. Lines are the same in both. */
export class Columns {
  /** @param lines What was put in, by 0-based line; as plain data it travels between threads. */
  constructor(readonly lines: ReadonlyMap<number, readonly Insertion[]>) {}

  static of(source: string, edits: readonly Edit[]): Columns {
    const starts = lineStarts(source);
    const lines = new Map<number, Insertion[]>();
    let line = 0;
    for (const edit of edits) {
      while (line + 1 < starts.length && starts[line + 1]! <= edit.at) line++;
      const insertions = lines.get(line) ?? [];
      insertions.push({ column: edit.at - starts[line]!, length: lengthOf(edit) });
      lines.set(line, insertions);
    }
    return new Columns(lines);
  }

  /** Whether columns of this line differ at all. */
  differs(line: number): boolean {
    return this.lines.has(line);
  }

  /** The insertions of a 0-based line, from left to right. */
  #insertions(line: number): readonly Insertion[] {
    return this.lines.get(line) ?? [];
  }

  /** Column in the rewritten code of a column of the source: behind what was put in there. All 0-based. */
  generated(line: number, column: number): number {
    let shift = 0;
    for (const insertion of this.#insertions(line)) {
      if (insertion.column > column) break;
      shift += insertion.length;
    }
    return column + shift;
  }

  /** Column in the source of a column of the rewritten code; what was put in counts as what follows it. */
  original(line: number, column: number): number {
    let shift = 0;
    for (const insertion of this.#insertions(line)) {
      const begin = insertion.column + shift;
      if (begin > column) break;
      if (column < begin + insertion.length) return insertion.column;
      shift += insertion.length;
    }
    return column - shift;
  }
}
