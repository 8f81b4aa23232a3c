import { lineStarts } from "./edits.js";

/** What a point is: a function, or how a function is suspended there. */
export enum PointKind {
  Function,
  /** `await` of what a call returned. */
  Call,
  /** `await` of anything else. */
  Value,
  /** `await` of Promise.all, race, any or allSettled. */
  Combinator,
  ForAwait,
  Yield,
  Delegate,
  Dispose,
  /** `return` of an async generator, which awaits. */
  Return,
  /** Nothing is suspended there: a call whose result is dropped, where V8 says that it is. */
  Dropped,
}

/** A function, a place at which one is suspended, or what else must be known of a source. */
export interface Point {
  readonly kind: PointKind;
  /** 0-based. */
  readonly line: number;
  /** 0-based, in the source. */
  readonly column: number;
  /** Functions: name. Suspension points: the code of what is waited for, cut. */
  readonly text: string;
  /** Suspension points: index of the function's own point in the file. */
  readonly owner: number;
  /** The function of Node's whose result is waited for, such as `fs/promises.readFile`, when it is known. */
  readonly call?: string | undefined;
}

/** Most characters of code that are kept. */
const TEXT = 80;

/** The points of one file. */
export class PointList {
  readonly points: Point[] = [];
  readonly #source: string;
  readonly #starts: number[];

  constructor(source: string) {
    this.#source = source;
    this.#starts = lineStarts(source);
  }

  add(kind: PointKind, at: number, text: string, owner: number, call?: string): number {
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#starts[middle]! <= at) low = middle;
      else high = middle - 1;
    }
    this.points.push({ kind, line: low, column: at - this.#starts[low]!, text, owner, call });
    return this.points.length - 1;
  }

  /** A suspension point, with the code from `start` to `end` for its text. */
  suspension(kind: PointKind, at: number, start: number, end: number, owner: number, call?: string): number {
    const code = this.#source.slice(start, Math.min(end, start + 4 * TEXT)).replace(/\s+/g, " ");
    return this.add(kind, at, code.length > TEXT ? `${code.slice(0, TEXT - 1)}…` : code, owner, call);
  }
}
