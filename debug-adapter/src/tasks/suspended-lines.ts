import type {
  SourceLocation,
  SuspendedAtArguments,
  SuspendedAtBody,
  SuspendedLine,
  SuspensionPoint,
  SuspensionReply,
  SuspensionsArguments,
  SuspensionsBody,
  TaskId,
  TaskNode,
} from "@asyncscope/protocol";
import { AdapterError } from "../errors.js";
import { ProgramBlockedError, type TaskBackend } from "./backend.js";
import { LineCounts, lineKey, withDrive } from "./line-counts.js";
import type { TaskModel } from "./task-model.js";

/** Positions of generators asked for with one question. */
const MOST_ASKED = 150;
/** What each takes the program. Milliseconds. */
const POSITION_MS = 0.1;
/** Positions that are remembered. */
const MOST_KNOWN = 20_000;
/** Samples of a point whose function is in one of the files that are looked at. */
const SAMPLES = 20;
const POINTS = 500;
const MOST_LINES = 2000;
/** Tasks listed of one line. */
const MOST_TASKS = 20;

type Located = Omit<SuspensionsBody, "status" | "message">;
const NOTHING: Located = { lines: [], suspended: 0, hiddenTasks: 0, now: 0, took: 0, version: 0 };

/**
 * How many tasks are suspended at which lines. The program counts by function; at which of its lines a generator
 * stands V8 says, one at a time: so some of each are asked, what has not moved is remembered, and the rest is estimated.
 */
export class SuspendedLines {
  readonly #model: TaskModel;
  #backend: TaskBackend | undefined;
  readonly #known = new Map<TaskId, { readonly since: number; readonly at: SourceLocation | undefined }>();
  #last: Located = NOTHING;
  #counts = new LineCounts();

  constructor(model: TaskModel) {
    this.#model = model;
  }

  /** @throws AdapterError when the program refuses to answer. */
  async lines({ paths, limit }: SuspensionsArguments): Promise<SuspensionsBody> {
    const backend = await this.#model.meet();
    if (backend !== this.#backend) this.#forget(backend);
    if (backend === undefined) return { status: this.#model.status, ...NOTHING };
    try {
      const reply = await backend.suspensions({ limit: POINTS, samples: SAMPLES });
      const wanted = paths && new Set(paths.map(withDrive));
      const { counts, asked } = await this.#count(backend, reply, wanted);
      const { now, version, suspended } = reply;
      const took = reply.took + asked * POSITION_MS;
      const { lines, hiddenTasks } = shown(counts, wanted, Math.min(limit ?? MOST_LINES, MOST_LINES));
      this.#counts = counts;
      this.#last = { now, took, version, suspended, lines, hiddenTasks: hiddenTasks + reply.hiddenTasks };
    } catch (error) {
      if (!(error instanceof ProgramBlockedError)) throw error;
      return { status: "blocked", message: new AdapterError("blocked").message, ...this.#last };
    }
    return { status: this.#model.status, ...this.#last };
  }

  /** Some of the tasks that the last answer has counted at a line, if they stand there still. */
  async tasksAt({ path, line, limit }: SuspendedAtArguments): Promise<SuspendedAtBody> {
    const backend = await this.#model.meet();
    const counted = backend === this.#backend ? this.#counts.at(path, line) : undefined;
    if (backend === undefined || counted === undefined) return { now: this.#last.now, count: 0, tasks: [] };
    const since = new Map(counted.samples.map((sample) => [sample.task, sample.since]));
    const asked = [...since.keys()].slice(0, MOST_TASKS);
    const { now, tasks } = await backend.suspensions({ limit: 0, tasks: asked });
    const there = tasks
      .filter((task) => task.state === "suspended" && since.has(task.id))
      .filter(({ id, since: now }) => now === since.get(id) || counted.ofAsync)
      .sort((a, b) => a.since - b.since)
      .slice(0, limit ?? MOST_TASKS)
      .map((task): TaskNode => {
        const threadId = this.#model.threadOf(task.id);
        return { ...task, location: counted.at, ...(threadId === undefined ? {} : { threadId }) };
      });
    return { now, count: Math.max(counted.count, there.length), tasks: there };
  }

  #forget(backend: TaskBackend | undefined): void {
    this.#backend = backend;
    this.#known.clear();
    this.#last = NOTHING;
    this.#counts = new LineCounts();
  }

  async #count(
    backend: TaskBackend,
    { points }: SuspensionReply,
    wanted: ReadonlySet<string> | undefined,
  ): Promise<{ counts: LineCounts; asked: number }> {
    if (this.#known.size > MOST_KNOWN) this.#known.clear();
    const generators = points.filter(({ site }) => site === 0);
    // First one of each, which tells the file; then the others where somebody looks at it.
    let left = await this.#locate(backend, generators, 1, MOST_ASKED);
    const looked = generators.filter((point) => {
      const first = this.#place(point, 0);
      return wanted === undefined || (first !== undefined && wanted.has(withDrive(first.path)));
    });
    for (let i = 1; i < SAMPLES && left > 0; i++) left = await this.#locate(backend, looked, i + 1, left);
    const counts = new LineCounts();
    for (const point of points) {
      if (point.site !== 0) {
        const site = backend.site(point.site);
        const at = site && (await backend.resolveSite(site).catch(() => undefined));
        counts.addAsync(point, at);
      } else counts.addGenerators(point, (sample) => this.#at(sample));
    }
    return { counts, asked: MOST_ASKED - left };
  }

  /**
   * Asks where the first `depth` samples of each point stand, unless that is known.
   * @returns how many more may be asked for
   */
  async #locate(
    backend: TaskBackend,
    points: readonly SuspensionPoint[],
    depth: number,
    most: number,
  ): Promise<number> {
    const unknown = points
      .flatMap(({ samples }) => samples.slice(depth - 1, depth))
      .filter(({ task, since }) => this.#known.get(task)?.since !== since)
      .slice(0, most);
    if (unknown.length === 0) return most;
    const places = await backend.locations(unknown.map(({ task }) => task));
    unknown.forEach(({ task, since }, i) => this.#known.set(task, { since, at: places[i] }));
    return most - unknown.length;
  }

  #place({ samples }: SuspensionPoint, index: number): SourceLocation | undefined {
    const sample = samples[index];
    return sample && this.#at(sample);
  }

  #at({ task, since }: SuspensionPoint["samples"][number]): SourceLocation | undefined {
    const known = this.#known.get(task);
    return known?.since === since ? known.at : undefined;
  }
}

function shown(
  counts: LineCounts,
  wanted: ReadonlySet<string> | undefined,
  limit: number,
): { lines: SuspendedLine[]; hiddenTasks: number } {
  const all = counts.all().filter(({ at }) => wanted === undefined || wanted.has(withDrive(at.path)));
  const kept = all.sort((a, b) => b.count - a.count).slice(0, limit);
  const lines = kept
    .sort((a, b) => lineKey(a.at.path, 0).localeCompare(lineKey(b.at.path, 0)) || a.at.line - b.at.line)
    .map(({ at, count, since, estimated }) => ({ at, count, since, ...(estimated && { estimated }) }));
  const hidden = all.slice(limit).reduce((sum, { count }) => sum + count, counts.nowhere);
  return { lines, hiddenTasks: hidden };
}
