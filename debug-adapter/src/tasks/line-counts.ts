import type { SourceLocation, SuspensionPoint, SuspensionSample } from "@asyncscope/protocol";

/** Tasks that stand at one line. */
export interface CountedLine {
  /** The leftmost position. */
  at: SourceLocation;
  count: number;
  /** Loop time since when the one that has waited longest waits. */
  since: number;
  estimated: boolean;
  /** In an async function: then `since` of a sample is that of one of its waits, not of the task. */
  ofAsync: boolean;
  readonly samples: SuspensionSample[];
}

/** Adds up tasks by line. */
export class LineCounts {
  readonly #lines = new Map<string, CountedLine>();
  /** Tasks of which no line is known. */
  nowhere = 0;

  all(): CountedLine[] {
    return [...this.#lines.values()];
  }

  at(path: string, line: number): CountedLine | undefined {
    return this.#lines.get(lineKey(path, line));
  }

  /** @param at where they stand, when it is known */
  addAsync({ count, since, samples }: SuspensionPoint, at: SourceLocation | undefined): void {
    if (at === undefined) this.nowhere += count;
    else this.#add(at, count, since, samples, false).ofAsync = true;
  }

  /** @param place where a sample stands, when it is known: the others are taken to be spread as those are */
  addGenerators(
    { count, samples }: SuspensionPoint,
    place: (sample: SuspensionSample) => SourceLocation | undefined,
  ): void {
    const byLine = new Map<string, { at: SourceLocation; samples: SuspensionSample[] }>();
    let known = 0;
    for (const sample of samples) {
      const at = place(sample);
      if (at === undefined) continue;
      known++;
      const key = lineKey(at.path, at.line);
      const line = byLine.get(key);
      if (line === undefined) byLine.set(key, { at, samples: [sample] });
      else line.samples.push(sample);
    }
    if (known === 0) {
      this.nowhere += count;
      return;
    }
    const shares = shareOut(
      count,
      [...byLine.values()].map((line) => line.samples.length),
    );
    [...byLine.values()].forEach((line, i) => {
      const since = Math.min(...line.samples.map((sample) => sample.since));
      this.#add(line.at, shares[i]!, since, line.samples, known < count);
    });
  }

  #add(
    at: SourceLocation,
    count: number,
    since: number,
    samples: readonly SuspensionSample[],
    estimated: boolean,
  ): CountedLine {
    const key = lineKey(at.path, at.line);
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { at, count: 0, since: Infinity, estimated: false, ofAsync: false, samples: [] };
      this.#lines.set(key, line);
    }
    if (at.column < line.at.column) line.at = at;
    line.count += count;
    line.since = Math.min(line.since, since);
    line.estimated ||= estimated;
    line.samples.push(...samples);
    return line;
  }
}

/** Whole numbers in these proportions that add up to `total`, which is at least their sum. */
function shareOut(total: number, parts: readonly number[]): number[] {
  const sum = parts.reduce((a, b) => a + b, 0);
  let given = 0;
  let before = 0;
  return parts.map((part) => {
    before += part;
    const upTo = Math.round((total * before) / sum);
    const share = upTo - given;
    given = upTo;
    return share;
  });
}

export function lineKey(path: string, line: number): string {
  return `${withDrive(path)}:${line}`;
}

/** Editors write the letter of a Windows drive small, Node writes it large. */
export function withDrive(path: string): string {
  return path.replace(/^[a-z]:/, (drive) => drive.toUpperCase());
}
