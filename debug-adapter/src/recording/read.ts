import { EventType, RECORDED_WAITS, RECORDING_VERSION } from "@asyncscope/protocol";
import type { RecordingHeader } from "@asyncscope/protocol";

/** Problems that are told one by one. */
const MOST_PROBLEMS = 20;
/** What a timeline can hold: about 2 GB. */
const MOST_EVENTS = 30_000_000;
/** Longest line that is looked at: ours have 60,000 characters at most. */
const LONGEST_LINE = 4_000_000;

/** Something that is wrong with a recording. */
export interface RecordingProblem {
  /** 1-based; 0 for the whole. */
  readonly line: number;
  readonly message: string;
}

/** Takes what a recording says. Times in ticks, see the protocol; names and texts are there or undefined. */
export interface RecordingSink {
  header(header: RecordingHeader): void;
  created(
    time: number,
    task: number,
    creator: number,
    fn: number,
    site: number,
    flags: number,
    name: string,
  ): void;
  scheduled(time: number, task: number, by: number): void;
  entered(time: number, task: number): void;
  ran(time: number, task: number): void;
  left(
    time: number,
    task: number,
    kind: number,
    a: number,
    b: number,
    fn: number,
    site: number,
    text: string | undefined,
  ): void;
  done(time: number, task: number, kind: number, name: string | undefined): void;
  named(task: number, name: string): void;
  idle(time: number, microseconds: number): void;
  cancelled(time: number, task: number, by: number): void;
  addFunction(name: string): void;
  resource(id: number, label: string): void;
  site(id: number, path: string, line: number, column: number, functionName: string): void;
  lost(events: number): void;
  end(time: number, hiddenTasks: number): void;
}

/** Thrown when a text is no recording at all, or one of a version to come. */
export class NotARecordingError extends Error {
  override name = "NotARecordingError";
}

/** Numbers behind the type of an event. */
const LENGTHS: Readonly<Record<number, number>> = {
  [EventType.created]: 7,
  [EventType.scheduled]: 3,
  [EventType.entered]: 2,
  [EventType.left]: 8,
  [EventType.done]: 4,
  [EventType.named]: 3,
  [EventType.idle]: 2,
  [EventType.cancelled]: 3,
  [EventType.ran]: 2,
};

/**
 * Reads a recording piece by piece. Damaged lines are left out and told; what stands around them is read all the same.
 */
export class RecordingReader {
  readonly #sink: RecordingSink;
  readonly #problems: RecordingProblem[] = [];
  #more = 0;
  #rest = "";
  #line = 0;
  #hasHeader = false;
  #hasEnd = false;
  /** Events read so far. */
  events = 0;
  #said = 0;

  constructor(sink: RecordingSink) {
    this.#sink = sink;
  }

  /** What is wrong so far; of many problems the last one says how many more there are. */
  get problems(): readonly RecordingProblem[] {
    if (this.#more === 0) return this.#problems;
    return [...this.#problems, { line: 0, message: `${this.#more} more lines could not be read.` }];
  }

  /** Takes a piece of the text, which may end anywhere. @throws NotARecordingError */
  push(text: string): void {
    let from = 0;
    for (;;) {
      const end = text.indexOf("\n", from);
      if (end < 0) break;
      this.#take(this.#rest + text.slice(from, end));
      this.#rest = "";
      from = end + 1;
    }
    this.#rest += text.slice(from);
    if (this.#rest.length <= LONGEST_LINE) return;
    if (!this.#hasHeader) throw new NotARecordingError(NO_HEADER);
    this.#rest = this.#rest.slice(0, LONGEST_LINE + 1);
  }

  /** The text is over. @throws NotARecordingError */
  end(): void {
    const rest = this.#rest.trim();
    this.#rest = "";
    if (rest !== "") this.#take(rest, true);
    if (!this.#hasHeader) throw new NotARecordingError(NO_HEADER);
    if (!this.#hasEnd)
      this.#problem("The recording has no end: its file was cut off, or is still being written.", 0);
    else if (this.#said > this.events)
      this.#problem(`${this.#said - this.events} of ${this.#said} events are missing.`, 0);
  }

  #take(text: string, isLast = false): void {
    this.#line++;
    if (text.trim() === "") return;
    let line: unknown;
    try {
      if (text.length > LONGEST_LINE) throw new Error("too long");
      line = JSON.parse(text);
    } catch {
      if (!this.#hasHeader) throw new NotARecordingError(NO_HEADER);
      this.#problem(isLast ? "The last line is cut off." : "This line is damaged: what it says is left out.");
      return;
    }
    if (!this.#hasHeader) {
      this.#sink.header(headerOf(line));
      this.#hasHeader = true;
    } else if (!isObject(line) || !this.#read(line))
      this.#problem("This line says something impossible: the rest of it is left out.");
  }

  #read(line: Readonly<Record<string, unknown>>): boolean {
    const { events, functions, resources, sites, lost, end } = line;
    const sink = this.#sink;
    if (events !== undefined) return this.#readEvents(line);
    if (functions !== undefined)
      return each(functions, (name) => typeof name === "string" && (sink.addFunction(name), true));
    if (resources !== undefined)
      return each(resources, (entry) => {
        const [id, label] = listOf(entry);
        return isCount(id) && typeof label === "string" && (sink.resource(id, label), true);
      });
    if (sites !== undefined)
      return each(sites, (entry) => {
        const [id, path, row, column, fn] = listOf(entry);
        if (!isCount(id) || typeof path !== "string" || !isCount(row) || !isCount(column)) return false;
        sink.site(id, path, row, column, typeof fn === "string" ? fn : "");
        return true;
      });
    if (lost !== undefined) return isCount(lost) && (sink.lost(lost), true);
    if (end === undefined) return true;
    if (!isObject(end) || !isNumber(end["at"]) || !isCount(end["events"])) return false;
    this.#hasEnd = true;
    this.#said = end["events"];
    sink.end(end["at"], isCount(end["hiddenTasks"]) ? end["hiddenTasks"] : 0);
    return true;
  }

  #readEvents({ at, events, texts = [] }: Readonly<Record<string, unknown>>): boolean {
    if (!isNumber(at) || !Array.isArray(events) || !Array.isArray(texts)) return false;
    const list = events as readonly unknown[];
    let time = at;
    for (let i = 0; i < list.length;) {
      const type = list[i];
      const length = isCount(type) ? LENGTHS[type] : undefined;
      if (length === undefined || i + length >= list.length) return false;
      for (let j = 1; j <= length; j++) if (!isNumber(list[i + j])) return false;
      if (this.events >= MOST_EVENTS) {
        this.#problem(`A timeline holds ${MOST_EVENTS} events: the rest is left out.`);
        return true;
      }
      const numbers = list as readonly number[];
      time += numbers[i + 1]!;
      if (!this.#event(numbers, i, time, texts as readonly unknown[])) return false;
      this.events++;
      i += length + 1;
    }
    return true;
  }

  #event(list: readonly number[], i: number, time: number, texts: readonly unknown[]): boolean {
    const sink = this.#sink;
    const task = list[i + 2]!;
    if (!isCount(task)) return false;
    const text = (place: number): string | undefined => {
      const found = place > 0 ? texts[place - 1] : undefined;
      return typeof found === "string" ? found : undefined;
    };
    switch (list[i]) {
      case EventType.created: {
        const name = list[i + 7]!;
        const called = text(name) ?? (name < 0 ? `Task-${-name}` : "");
        sink.created(time, task, list[i + 3]!, list[i + 4]!, list[i + 5]!, list[i + 6]!, called);
        return true;
      }
      case EventType.scheduled:
        sink.scheduled(time, task, list[i + 3]!);
        return true;
      case EventType.entered:
        sink.entered(time, task);
        return true;
      case EventType.ran:
        sink.ran(time, task);
        return true;
      case EventType.left: {
        const kind = list[i + 3]!;
        if (kind < 0 || kind > RECORDED_WAITS.length) return false;
        const [a, b, fn, site] = [list[i + 4]!, list[i + 5]!, list[i + 6]!, list[i + 7]!];
        sink.left(time, task, kind, a, b, fn, site, text(list[i + 8]!));
        return true;
      }
      case EventType.done:
        sink.done(time, task, list[i + 3]!, text(list[i + 4]!));
        return true;
      case EventType.named: {
        const name = text(list[i + 3]!);
        if (name !== undefined) sink.named(task, name);
        return true;
      }
      case EventType.idle:
        sink.idle(time, task);
        return true;
      default:
        sink.cancelled(time, task, list[i + 3]!);
        return true;
    }
  }

  #problem(message: string, line = this.#line): void {
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push({ line, message });
    else this.#more++;
  }
}

const NO_HEADER = "This is no recording of Asyncscope: its first line is not the header of one.";

function headerOf(line: unknown): RecordingHeader {
  if (!isObject(line) || line["asyncscope"] !== "recording") throw new NotARecordingError(NO_HEADER);
  const { version } = line;
  if (version !== RECORDING_VERSION)
    throw new NotARecordingError(
      `This recording has version ${String(version)}; this Asyncscope reads version ${RECORDING_VERSION}. Update the one that is older.`,
    );
  const text = (key: string): string => {
    const value = line[key];
    return typeof value === "string" ? value : "";
  };
  return {
    asyncscope: "recording",
    version,
    program: text("program"),
    pid: isCount(line["pid"]) ? line["pid"] : 0,
    node: text("node"),
    runtime: text("runtime"),
    time: text("time"),
  };
}

function each(list: unknown, take: (entry: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(take);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value);
}

function isCount(value: unknown): value is number {
  return isNumber(value) && value >= 0;
}
