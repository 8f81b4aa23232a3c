import type { HaltKind, HaltOptions } from "@asyncscope/protocol";
import { EVENT_BINDING } from "@asyncscope/protocol";
import type { Task } from "../core/task.js";
import { emit } from "./events.js";
import { called, calledTask } from "./finding-text.js";
import { contains, lowerCase, realTime } from "./primordials.js";
import type { Registry } from "./registry.js";
import type { TaskRecord } from "./task-record.js";
import { nameOf, rawCoroutineOf } from "./task-info.js";
import { clean, describeError, plainText } from "./text.js";

/** How long the program stands still for a debugger that does not answer, in milliseconds. */
const PATIENCE = 5000;
const MESSAGE = 300;

// As they are now: see primordials.ts.
const { wait } = Atomics;

/**
 * Stops the program at what happens to its tasks. It stands still where it is, with the program's code on the stack,
 * and V8 serves the debugger meanwhile: which so needs no breakpoint, and no domain that would slow the program.
 */
export class Halts {
  readonly #registry: Registry;
  #options: { readonly [K in HaltKind]?: string } = {};
  /** What the present halt is about. */
  error: unknown;
  #count = 0;
  #standing = false;
  /** The last cancel that stopped: the others of the same request are one with it. */
  #cancelTime = -1;
  #cancelledBy: Task<unknown> | null = null;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** @returns whether there is anything to stop at. */
  set(options: HaltOptions): boolean {
    const lower = (text: string | undefined): string | undefined =>
      text === undefined ? undefined : lowerCase(plainText(text));
    this.#options = {
      ...given("created", lower(options.created)),
      ...given("failed", lower(options.failed)),
      ...given("cancelled", lower(options.cancelled)),
      ...given("unretrieved", lower(options.unretrieved)),
    };
    const { created, failed, cancelled, unretrieved } = this.#options;
    return (
      created !== undefined || failed !== undefined || cancelled !== undefined || unretrieved !== undefined
    );
  }

  created(record: TaskRecord): void {
    if (this.#wants("created", record)) this.#halt("created", record.id, called(record), "");
  }

  /** After its record says that it failed. */
  failed(record: TaskRecord, error: unknown): void {
    if (!this.#wants("failed", record)) return;
    this.error = error;
    this.#halt("failed", record.id, called(record), describeError(error));
  }

  /** Of all that one task cancels at a time the first one is stopped at. */
  cancelled(record: TaskRecord, by: Task<unknown> | null, message: string): void {
    if (this.#registry.fromOutside || !this.#wants("cancelled", record)) return;
    const time = record.task!._loop._iterationTime;
    if (time === this.#cancelTime && by === this.#cancelledBy) return;
    this.#cancelTime = time;
    this.#cancelledBy = by;
    this.#halt("cancelled", record.id, called(record), message, by === null ? undefined : calledTask(by));
  }

  /** @param described `task "worker-1"`: the task itself may be gone. */
  unretrieved(error: unknown, described: string): void {
    const text = this.#options.unretrieved;
    if (text === undefined || !contains(lowerCase(described), text)) return;
    this.error = error;
    this.#halt("unretrieved", 0, described, describeError(error));
  }

  /** The debugger has seen it. */
  goOn(halt: number): void {
    if (halt === this.#count) this.#standing = false;
  }

  #wants(kind: HaltKind, record: TaskRecord): boolean {
    const text = this.#options[kind];
    if (text === undefined) return false;
    return (
      text === "" ||
      contains(lowerCase(nameOf(record)), text) ||
      contains(lowerCase(clean(rawCoroutineOf(record), MESSAGE)), text)
    );
  }

  #halt(kind: HaltKind, task: number, name: string, message: string, by?: string): void {
    // Code that a debugger runs while the program stands does not stop it again.
    if (!this.#standing && isHeard()) this.#stand(kind, task, name, message, by);
    this.error = undefined;
  }

  #stand(kind: HaltKind, task: number, name: string, message: string, by: string | undefined): void {
    const halt = ++this.#count;
    const cell = new Int32Array(new SharedArrayBuffer(4));
    this.#standing = true;
    emit({
      type: "halt",
      halt,
      kind,
      task,
      name: clean(name, MESSAGE),
      ...(by === undefined ? {} : { by: clean(by, MESSAGE) }),
      message: clean(message, MESSAGE),
    });
    // V8 serves the debugger in here, and comes back when that has let the program go on.
    for (const end = realTime() + PATIENCE; this.#standing;) {
      wait(cell, 0, 0, 20);
      if (!this.#standing || realTime() < end) continue;
      this.#standing = false;
      this.#options = {};
    }
  }
}

function given(kind: HaltKind, text: string | undefined): HaltOptions {
  return text === undefined ? {} : { [kind]: text };
}

function isHeard(): boolean {
  return typeof (globalThis as Record<string, unknown>)[EVENT_BINDING] === "function";
}
