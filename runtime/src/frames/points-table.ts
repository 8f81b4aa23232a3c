import { PointKind } from "../loader/points.js";
import type { Point } from "../loader/points.js";
import type { PointId } from "./frame.js";

/** A rewritten file of the program. */
export interface RewrittenFile {
  /** As V8 names the script. */
  readonly url: string;
  /** Number of its first point. */
  readonly base: PointId;
  readonly points: readonly Point[];
  /** Column in the running code of a column of the source; both 0-based, as the line. */
  generatedColumn(line: number, column: number): number;
}

const files: RewrittenFile[] = [];
let next: PointId = 1;
let refresh: () => void = () => undefined;

/** Numbers for the points of a file. */
export function reserve(count: number): PointId {
  const base = next;
  next += count;
  return base;
}

export function addFile(file: RewrittenFile): void {
  files[files.length] = file;
}

/** `look`: adds the files that another thread has told of. */
export function onUnknown(look: () => void): void {
  refresh = look;
}

/** Positions of the calls of each file whose results are dropped, in the code as it runs. */
const dropped = new WeakMap<RewrittenFile, ReadonlySet<string>>();

/** Whether the result of the call at a position of the running code is dropped; 1-based. */
export function isDropped(url: string, line: number, column: number): boolean {
  if (!files.some((file) => file.url === url)) refresh();
  // The latest one of that name is what runs.
  for (let i = files.length - 1; i >= 0; i--)
    if (files[i]!.url === url) return droppedIn(files[i]!).has(`${line}:${column}`);
  return false;
}

function droppedIn(file: RewrittenFile): ReadonlySet<string> {
  let positions = dropped.get(file);
  if (positions === undefined) {
    const found = file.points.filter(({ kind }) => kind === PointKind.Dropped);
    positions = new Set(
      found.map(({ line, column }) => `${line + 1}:${file.generatedColumn(line, column) + 1}`),
    );
    dropped.set(file, positions);
  }
  return positions;
}

/** The point of a number, with its file; undefined for one that was never given out. */
export function pointAt(id: PointId): { readonly file: RewrittenFile; readonly point: Point } | undefined {
  const found = find(id);
  if (found !== undefined) return found;
  refresh();
  return find(id);
}

function find(id: PointId): { readonly file: RewrittenFile; readonly point: Point } | undefined {
  for (let i = files.length - 1; i >= 0; i--) {
    const file = files[i]!;
    if (id < file.base) continue;
    const point = file.points[id - file.base];
    if (point !== undefined) return { file, point };
  }
  return undefined;
}
