import type { TreeBody } from "@asyncscope/protocol";
import type { ScopeSession } from "../scope-session.js";
import { ProgramClock } from "./program-clock.js";

/** What every answer of the program says beside its rows. */
interface Answer {
  readonly status: TreeBody["status"];
  readonly message?: string;
}

/** What a view needs of the rows that it shows. */
export interface LiveRows<Node> {
  readonly session: ScopeSession;
  readonly status: TreeBody["status"];
  /** True while ages on the screen grow. */
  readonly ageing: boolean;
  /** One request for all that is shown. Never rejects. */
  refresh(): Promise<void>;
  /** The rows under `node`, or the roots. Asks the program only for what is not known yet. */
  children(node?: Node): Promise<readonly Node[]>;
  /** The rows as far as they are known. */
  rows(node?: Node): readonly Node[];
  isExpanded(node: Node): boolean;
  expand(node: Node): void;
  collapse(node: Node): void;
  /** Something has changed in the program since the last answer. */
  outdate(): void;
  /** The session has ended: what was seen last stays. */
  end(): void;
}

/** The state of one session behind a view: its last answer, whether that still holds, and which rows are opened. */
export abstract class LiveModel<
  Body extends Answer,
  Node extends { readonly path: string },
> implements LiveRows<Node> {
  protected body: Body | undefined;
  /** Why the last request failed. */
  protected failure: string | undefined;
  protected readonly clock: ProgramClock;
  /** Paths of the opened rows. */
  protected readonly expanded = new Set<string>();
  #ended = false;

  /**
   * @param changed called after each change of what the view shows
   * @param clock milliseconds, local
   */
  constructor(
    readonly session: ScopeSession,
    protected readonly changed: () => void = () => undefined,
    clock: () => number = () => performance.now(),
  ) {
    this.clock = new ProgramClock(clock);
  }

  /** True while ages on the screen grow. */
  abstract get ageing(): boolean;

  /** One request for all that is shown. Never rejects; {@link message} says what failed. */
  abstract refresh(): Promise<void>;

  /** The rows under `node`, or the roots. Asks the program only for what is not known yet. */
  abstract children(node?: Node): Promise<readonly Node[]>;

  /** The rows as far as they are known. */
  abstract rows(node?: Node): readonly Node[];

  /** `none` before the first answer. After the end of the session the last state stays, as `ended`. */
  get status(): TreeBody["status"] {
    if (this.#ended) return "ended";
    if (this.failure !== undefined) return "blocked";
    return this.body?.status ?? "none";
  }

  /** True once the program has answered. */
  get hasAnswer(): boolean {
    return this.body !== undefined;
  }

  /** True when the program has nothing to show; false while that is not known. */
  get isEmpty(): boolean {
    return this.rows().length === 0 && (this.hasAnswer || this.#ended);
  }

  /** What is wrong, in words for the user. */
  get message(): string | undefined {
    return this.failure ?? this.body?.message;
  }

  /** The program's loop clock now, see {@link ProgramClock}. */
  now(): number {
    return this.clock.now();
  }

  /** Something has changed in the program since the last answer. */
  outdate(): void {
    this.clock.stop();
  }

  expand(node: Node): void {
    this.expanded.add(node.path);
  }

  isExpanded(node: Node): boolean {
    return this.expanded.has(node.path);
  }

  collapse(node: Node): void {
    this.expanded.delete(node.path);
  }

  /** The session has ended: what was seen last stays. */
  end(): void {
    if (this.#ended) return;
    this.clock.stop();
    this.#ended = true;
    this.failure = undefined;
    this.changed();
  }

  /** A method, because it changes while an answer is waited for. */
  protected hasEnded(): boolean {
    return this.#ended;
  }

  /** A request failed. Answers to requests that were under way when the session ended say nothing. */
  protected fail(error: unknown): void {
    if (this.#ended) return;
    this.failure = error instanceof Error ? error.message : String(error);
    this.changed();
  }
}
