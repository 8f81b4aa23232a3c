import type { FindingNode, HaltEvent, LongWaitReply, SourceLocation, TaskId } from "@asyncscope/protocol";
import type { NodeTarget } from "../backends/node/target.js";
import { haltOptions, type StopFilter, type StopKind } from "../stops/filters.js";
import { haltWords, longWaitText } from "../stops/stop-texts.js";
import type { FrameView } from "../target/execution.js";
import { blockText, type LoopBlock } from "../tasks/loop-blocks.js";
import type { PinStop } from "../tasks/pins.js";
import { RateLimit } from "../tasks/rate-limit.js";
import { MAIN_THREAD, type SessionContext } from "./context.js";
import { isAboutWaits } from "../text/finding-kinds.js";

/** Deadlocks are looked for at most so often: that looks at every task. Milliseconds. */
const DEADLOCK_INTERVAL_MS = 1000;
/** What may end by something that the runtime cannot see is a deadlock when it has lasted this long. Milliseconds. */
const DOUBT_MS = 5000;
/** Tasks of a deadlock that are shown as stopped threads. */
const MOST_SHOWN = 8;
/** Long waits are looked for at most so often, and never for more than 2 % of the time. Milliseconds. */
const LOOK_MS = 250;
const LOOK_SHARE = 50;

/** Stops that the user has asked for as exception filters: at what happens to tasks, and at what does not happen. */
export class EventStops {
  readonly #context: SessionContext;
  readonly #filters = new Map<StopKind, StopFilter>();
  readonly #deadlocks = new RateLimit(DEADLOCK_INTERVAL_MS, () => void this.#lookForDeadlocks());
  #target: NodeTarget | undefined;
  /** Deadlocks that were stopped at, each once. */
  readonly #told = new Set<string>();
  #doubt: NodeJS.Timeout | undefined;
  #waits: NodeJS.Timeout | undefined;
  /** Loop time of the last look for long waits; undefined: none yet. */
  #asked: number | undefined;
  /** The program stood still: what has become long meanwhile is no news. */
  #isStale = false;
  /** The present block of the event loop was stopped at. */
  #blockSeen = false;
  /** Why the main thread stands, in a sentence. */
  #words: { readonly title: string; readonly text: string } | undefined;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** Replaces what was asked for. */
  async set(filters: readonly StopFilter[]): Promise<void> {
    this.#filters.clear();
    for (const filter of filters) this.#filters.set(filter.kind, filter);
    await this.#apply();
  }

  /** A new program. */
  async applyTo(target: NodeTarget): Promise<void> {
    this.#target = target;
    this.#told.clear();
    this.#asked = undefined;
    if (this.#filters.size > 0) await this.#apply();
  }

  /** The program is gone, or goes on without us. */
  detach(): void {
    this.#target = undefined;
    this.#words = undefined;
    this.#deadlocks.dispose();
    clearTimeout(this.#doubt);
    clearTimeout(this.#waits);
  }

  /** Lets a program that goes on without us stop at nothing any more. */
  async release(): Promise<void> {
    const target = this.#target;
    this.detach();
    await target?.stops.haltAt({}).catch(() => undefined);
  }

  async #apply(): Promise<void> {
    const target = this.#target;
    if (target === undefined || target.isClosed) return;
    target.loop.want("stop", this.#filters.get("blocked")?.milliseconds);
    if (this.#filters.has("deadlock")) this.#deadlocks.request();
    clearTimeout(this.#waits);
    if (this.#filters.has("awaiting")) this.#lookForWaitsIn(LOOK_MS);
    await target.stops.haltAt(haltOptions([...this.#filters.values()]));
  }

  /** What an editor shows at the line where a thread stopped; undefined when that is no stop of ours. */
  wordsOf(threadId: number): { readonly title: string; readonly text: string } | undefined {
    if (threadId === MAIN_THREAD) return this.#words;
    const stop = this.#context.pins.byThread(threadId)?.stop;
    return stop === undefined ? undefined : { title: stop.description, text: stop.text };
  }

  /** The main thread goes on. */
  resumed(): void {
    this.#words = undefined;
    this.#isStale = true;
  }

  /** The user lets a task go on that was shown as stopped: all that were shown with it are not any more. */
  async goOn(threadId: number): Promise<void> {
    const { pins } = this.#context;
    if (pins.byThread(threadId)?.stop === undefined || this.#target === undefined) return;
    for (const pin of pins.all()) if (pin.stop !== undefined) await pins.letGo(pin, this.#target.tasks);
    this.changed();
  }

  /** Something has changed in the program. */
  changed(): void {
    if (this.#filters.has("deadlock") && this.#target !== undefined) this.#deadlocks.request();
  }

  /** The program stands at something that was asked for. */
  halted(event: HaltEvent): void {
    const target = this.#target;
    const { reason, description, text } = haltWords(event);
    const stop = { reason, description, text: () => this.#say(description, text) };
    const stopped =
      target?.isPaused === false ? target.stops.stopAtHalt(event, stop) : Promise.resolve(false);
    stopped
      .then((did) => (did ? undefined : target?.stops.goOn(event.halt)))
      .catch(() => target?.stops.goOn(event.halt).catch(() => undefined));
  }

  #say(title: string, text: string): string {
    this.#words = { title, text };
    return text;
  }

  /** The event loop does not come round. */
  held(block: LoopBlock): void {
    const filter = this.#filters.get("blocked");
    const target = this.#target;
    if (filter === undefined || target === undefined || this.#blockSeen) return;
    if (block.milliseconds < filter.milliseconds) return;
    this.#blockSeen = true;
    const description = "Event loop blocked";
    const since = block.since;
    const text = (): string =>
      this.#say(
        description,
        blockText(
          { ...block, answers: true, milliseconds: performance.now() - since },
          this.#context.tasks.loop.task,
          undefined,
        ),
      );
    const stop = { reason: "exception", description, text } as const;
    // Where native code runs nobody can be asked before it has come back, and then it is too late to begin.
    const known = block.answers ? this.#context.tasks.loop.known : Promise.resolve();
    const stopped = known.then(() => target.stops.stopInBlock(stop, block.answers)).catch(() => false);
    // Code of Node's own ran, or it was over before: what the next heartbeat finds counts.
    void stopped.then((did) => (this.#blockSeen &&= did));
  }

  freed(): void {
    this.#blockSeen = false;
  }

  /** Whether a stop is shown that the user has not let go on from. */
  get #isStanding(): boolean {
    return this.#context.pins.all().some(({ stop }) => stop !== undefined);
  }

  async #lookForDeadlocks(): Promise<void> {
    const { tasks } = this.#context;
    const filter = this.#filters.get("deadlock");
    if (filter === undefined || this.#target === undefined || tasks.hasEnded) return;
    const body = await tasks.diagnosis({}).catch(() => undefined);
    // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it changes while that is waited for
    if (body === undefined || this.#target === undefined || this.#isStanding) return;
    const names = new Map(body.tasks.map(({ id, name, coroutine }) => [id, `${name}\n${coroutine}`]));
    const counts = ({ tasks: ids }: FindingNode): boolean =>
      filter.text === "" ||
      ids.some((id) => names.get(id)?.toLowerCase().includes(filter.text.toLowerCase()) === true);
    const isOld = ({ certain, since }: FindingNode): boolean => certain || body.now - since >= DOUBT_MS;
    const fresh = body.findings.filter(
      (finding) => isAboutWaits(finding) && !this.#told.has(finding.key) && counts(finding),
    );
    const ripe = fresh.find(isOld);
    clearTimeout(this.#doubt);
    // Nothing need change for it to become old enough.
    if (ripe === undefined && fresh.length > 0)
      this.#doubt = setTimeout(() => this.changed(), DOUBT_MS).unref();
    if (ripe === undefined) return;
    this.#told.add(ripe.key);
    const places = new Map(body.tasks.map(({ id, location }) => [id, location]));
    await this.#showDeadlock(ripe, places.get(ripe.tasks[0] ?? 0));
  }

  /** @param standing where the first of its tasks stands */
  async #showDeadlock(finding: FindingNode, standing: SourceLocation | undefined): Promise<void> {
    const [first] = finding.locations;
    const isElsewhere =
      first !== undefined && (first.path !== standing?.path || first.line !== standing.line);
    const description = "Deadlock";
    // The line to blame may be one that no task stands at: of a task that has ended.
    const above = isElsewhere
      ? (): readonly FrameView[] => [
          this.#target!.stops.frameAt(first),
          this.#target!.stops.label("for which waits"),
        ]
      : undefined;
    // The first one last: it is what the editor goes to.
    const shown = finding.tasks.slice(0, MOST_SHOWN).reverse();
    for (const task of shown) {
      const isFirst = task === finding.tasks[0];
      await this.#show(task, {
        reason: "exception",
        description,
        text: finding.text,
        focus: isFirst,
        ...(isFirst && above !== undefined ? { above } : {}),
      });
    }
  }

  async #show(task: TaskId, stop: PinStop): Promise<void> {
    const target = this.#target;
    // It may have gone meanwhile, or too many are shown already.
    if (target !== undefined) await this.#context.pins.pin(task, target.tasks, stop).catch(() => undefined);
  }

  #lookForWaitsIn(milliseconds: number): void {
    clearTimeout(this.#waits);
    this.#waits = setTimeout(() => void this.#lookForWaits(), milliseconds).unref();
  }

  async #lookForWaits(): Promise<void> {
    const filter = this.#filters.get("awaiting");
    const target = this.#target;
    if (filter === undefined || target === undefined || target.isClosed) return;
    const start = performance.now();
    if (target.tasks.ready && !target.isPaused) {
      const reply = await target.tasks
        .longWaits({
          longerThan: filter.milliseconds,
          text: filter.text,
          limit: 1,
          ...(this.#asked === undefined ? {} : { asked: this.#asked }),
        })
        .catch(() => undefined);
      if (reply !== undefined) await this.#tellWait(reply);
    }
    this.#lookForWaitsIn(Math.max(LOOK_MS, LOOK_SHARE * (performance.now() - start)));
  }

  async #tellWait(reply: LongWaitReply): Promise<void> {
    this.#asked = reply.now;
    const [task] = reply.tasks;
    const isStale = this.#isStale;
    this.#isStale = false;
    if (task === undefined || isStale || this.#isStanding || this.#target === undefined) return;
    const [location] = await this.#target.tasks.locations([task.id]).catch(() => []);
    await this.#show(task.id, {
      reason: "exception",
      description: "Await takes long",
      text: longWaitText(reply, location),
      focus: true,
    });
  }
}
