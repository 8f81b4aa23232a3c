import type { SuspendedAtBody, SuspendedLine, SuspensionsBody } from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";
import { ProgramClock } from "../views/program-clock.js";
import { systemTimers, type Timers } from "../views/refresh-schedule.js";

/** A program is left alone for so many times as long as its last answer kept it busy: asking costs it 3 % at most. */
const REST = 30;
/** Ages of what has moved on meanwhile grow as long. Milliseconds. */
const MOST_REST = 10_000;
/** Answers that come faster cost nothing worth a rest. Milliseconds. */
const FAST = 8;

/** At which lines the tasks of one session are suspended, as far as was asked. */
export class SuspensionModel {
  #body: SuspensionsBody | undefined;
  readonly #clock: ProgramClock;
  #ended = false;
  #wake: () => void = () => undefined;

  /** @param changed called after each answer */
  constructor(
    readonly session: ScopeSession,
    private readonly changed: () => void,
    private readonly timers: Timers = systemTimers,
  ) {
    this.#clock = new ProgramClock(() => timers.now());
  }

  get lines(): readonly SuspendedLine[] {
    return this.#ended ? [] : (this.#body?.lines ?? []);
  }

  /** True while ages grow. */
  get ageing(): boolean {
    return !this.#ended && this.#body?.status === "live" && this.#body.lines.length > 0;
  }

  /** The program's loop clock now. */
  now(): number {
    return this.#clock.now();
  }

  /** Asks for the lines of these files. Resolves when the program may be asked again; never rejects. */
  async refresh(paths: readonly string[]): Promise<void> {
    let took = 0;
    try {
      const body = await this.session.request("asyncscope/suspensions", { paths });
      took = body.took;
      // Of a program that does not answer the last lines are right: it stands still.
      if (body.status !== "blocked" || this.#body === undefined) {
        this.#body = body;
        this.#clock.set(body.now, body.status === "live");
      }
    } catch {
      // The Tasks view says what is wrong.
      this.#body = undefined;
    }
    if (this.#ended) return;
    this.changed();
    if (took > FAST) await this.#rest(Math.min(took * REST, MOST_REST));
  }

  /** What stands there now is wanted at once: the program stopped or went on. */
  wake(): void {
    this.#wake();
  }

  /** Tasks at a line (1-based). Undefined when nobody can tell. */
  async tasksAt(path: string, line: number): Promise<SuspendedAtBody | undefined> {
    if (this.#ended) return undefined;
    return this.session.request("asyncscope/suspendedAt", { path, line }).catch(() => undefined);
  }

  end(): void {
    this.#ended = true;
    this.#wake();
  }

  #rest(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.timers.after(milliseconds, () => this.#wake());
      this.#wake = () => {
        this.#wake = () => undefined;
        cancel();
        resolve();
      };
    });
  }
}
