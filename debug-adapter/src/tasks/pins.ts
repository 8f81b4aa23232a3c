import type { TaskId, TaskInfo, TaskState } from "@asyncscope/protocol";
import { fail } from "../errors.js";
import type { FrameView } from "../target/execution.js";
import type { TaskBackend } from "./backend.js";
import { RateLimit } from "./rate-limit.js";

/** Most tasks shown as threads at a time: editors refresh every thread at every stop. */
export const MAX_PINS = 20;
/** Thread ids of tasks begin here; below are the program's real threads. */
export const FIRST_TASK_THREAD = 1000;
/** At most four changes a second per task, in milliseconds. */
const CHANGE_INTERVAL_MS = 250;

/** Why a task is shown that the user has not pinned: a stop of theirs has hit. */
export interface PinStop {
  readonly reason: string;
  readonly description: string;
  readonly text: string;
  /** Whether the editor goes there. */
  readonly focus: boolean;
  /** Frames to show above those of the task. */
  readonly above?: () => readonly FrameView[];
}

export interface Pin {
  readonly task: TaskId;
  readonly threadId: number;
  name: string;
  /** As it was seen last. */
  info: TaskInfo;
  /** What the task waits for, while it is shown as stopped. */
  wait: string | undefined;
  /** Shown until the user lets it go on, or it goes on by itself. */
  stop: PinStop | undefined;
  /** The user has pinned it: it stays when the stop is over. */
  kept: boolean;
}

/** What happens to pinned tasks, for whoever shows threads. */
export interface PinEvents {
  started(pin: Pin): void;
  /** The task is suspended: it can be looked into. */
  suspended(pin: Pin): void;
  resumed(pin: Pin): void;
  exited(pin: Pin): void;
}

/** Since when it waits, on the loop's clock. */
const waitOf = (info: TaskInfo): number => info.waits[0]?.since ?? info.since;

const isOver = (state: TaskState): boolean => state === "done" || state === "failed" || state === "cancelled";

/**
 * Tasks that the user pinned: each is shown as a thread that is stopped while the task is suspended, although the
 * program runs.
 */
export class Pins {
  readonly #events: PinEvents;
  readonly #find: (task: TaskId, known?: TaskInfo) => Promise<TaskInfo | undefined>;
  readonly #pins = new Map<TaskId, Pin>();
  readonly #limits = new Map<TaskId, RateLimit>();
  /** Thread ids are not used twice: an editor may still ask about the old one. */
  #nextThread = FIRST_TASK_THREAD;

  constructor(find: (task: TaskId, known?: TaskInfo) => Promise<TaskInfo | undefined>, events: PinEvents) {
    this.#find = find;
    this.#events = events;
  }

  all(): Pin[] {
    return [...this.#pins.values()];
  }

  of(task: TaskId): Pin | undefined {
    return this.#pins.get(task);
  }

  byThread(threadId: number): Pin | undefined {
    return this.all().find((pin) => pin.threadId === threadId);
  }

  /** @param stop when it is not the user who pins it. */
  async pin(task: TaskId, backend: TaskBackend, stop?: PinStop): Promise<Pin> {
    const known = this.#pins.get(task);
    if (known !== undefined) {
      known.kept ||= stop === undefined;
      known.stop = stop ?? known.stop;
      if (stop !== undefined) this.changed(task);
      return known;
    }
    if (this.#pins.size >= MAX_PINS) fail("tooManyPins", { limit: MAX_PINS });
    const info = await this.#find(task);
    if (info === undefined || isOver(info.state)) return fail("taskGone", { task });
    const pin: Pin = {
      task,
      threadId: this.#nextThread++,
      name: info.name,
      info,
      wait: undefined,
      stop,
      kept: stop === undefined,
    };
    this.#pins.set(task, pin);
    this.#limits.set(
      task,
      new RateLimit(CHANGE_INTERVAL_MS, () => void this.#refresh(pin).catch(() => undefined)),
    );
    this.#events.started(pin);
    await this.#watch(backend);
    this.changed(task);
    return pin;
  }

  async unpin(task: TaskId, backend: TaskBackend): Promise<Pin | undefined> {
    const pin = this.#pins.get(task);
    if (pin === undefined) return undefined;
    this.#drop(pin);
    await this.#watch(backend);
    return pin;
  }

  /** The stop that it was shown for is over. */
  async letGo(pin: Pin, backend: TaskBackend): Promise<void> {
    pin.stop = undefined;
    if (!pin.kept) await this.unpin(pin.task, backend);
  }

  /** The program said that a watched task changed. */
  changed(task: TaskId): void {
    this.#limits.get(task)?.request();
  }

  /** The main program went on or stood still: what is shown of suspended tasks stays true. */
  async #refresh(pin: Pin): Promise<void> {
    const info = await this.#find(pin.task, pin.info);
    if (!this.#pins.has(pin.task)) return;
    if (info === undefined || isOver(info.state)) {
      this.#drop(pin);
      return;
    }
    const wentOn = info.state !== "suspended" || waitOf(info) !== waitOf(pin.info);
    pin.name = info.name;
    pin.info = info;
    if (wentOn && pin.stop !== undefined) {
      pin.stop = undefined;
      if (!pin.kept) {
        this.#drop(pin);
        return;
      }
    }
    if (info.state === "suspended") {
      // Shown anew each time: between two looks it may have gone on and be suspended somewhere else.
      if (pin.wait !== undefined) this.#events.resumed(pin);
      pin.wait = info.waits[0]?.label ?? "unknown";
      this.#events.suspended(pin);
    } else if (pin.wait !== undefined) {
      pin.wait = undefined;
      this.#events.resumed(pin);
    }
  }

  #drop(pin: Pin): void {
    this.#pins.delete(pin.task);
    this.#limits.get(pin.task)?.dispose();
    this.#limits.delete(pin.task);
    this.#events.exited(pin);
  }

  async #watch(backend: TaskBackend): Promise<void> {
    if (backend.ready) await backend.watch([...this.#pins.keys()]).catch(() => undefined);
  }

  /** Forgets everything, when the program has ended. */
  clear(): void {
    for (const pin of this.all()) this.#drop(pin);
  }

  /** The frames of a pinned task; throws when it runs. */
  async frames(pin: Pin, backend: TaskBackend): Promise<FrameView[]> {
    if (pin.wait === undefined) return fail("notPaused");
    return [...(pin.stop?.above?.() ?? []), ...(await backend.frames(pin.info))];
  }
}
