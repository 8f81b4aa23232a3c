import type { Finding, FindingKind, FindingPlace, ResourceId, TaskId } from "@asyncscope/protocol";
import type { Inspectable } from "../core/inspectable.js";
import type { Future } from "../core/future.js";
import type { Task } from "../core/task.js";
import { charAt, cut } from "./primordials.js";
import type { Registry } from "./registry.js";
import { isNamed, nameOf } from "./task-info.js";
import type { TaskRecord } from "./task-record.js";
import { clean } from "./text.js";
import { LABEL, taskName } from "./waits.js";

const NAME = 60;

/** What a finding says beside its sentence, as the protocol's Finding has it. Counts are those of the lists, unless given. */
interface FindingFacts {
  readonly certain: boolean;
  readonly since: number;
  readonly tasks: readonly TaskId[];
  readonly taskCount?: number;
  readonly behind?: readonly TaskId[];
  readonly behindCount?: number;
  readonly resources?: readonly ResourceId[];
}

/** A sentence about tasks with gaps where positions belong, see the protocol's Finding. */
export class FindingText {
  readonly words: string[] = [""];
  readonly places: FindingPlace[] = [];
  readonly #registry: Registry;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  say(text: string): this {
    this.words[this.words.length - 1] = `${this.words[this.words.length - 1]!}${text}`;
    return this;
  }

  /** A gap for a position. */
  at(task: TaskId, site: number): this {
    this.places[this.places.length] = { task, site };
    this.words[this.words.length] = "";
    return this;
  }

  /** A gap for where a suspended task stands. */
  where(record: TaskRecord, awaitable: object | null): this {
    return this.at(record.id, awaitable === null ? 0 : this.#registry.awaitSite(awaitable));
  }

  /** ` task a and 3 others wait for …`: says who stands behind. */
  behind(records: readonly TaskRecord[], count: number, forWhat: string): this {
    if (count === 0) return this;
    const others = count - 1;
    const first = capital(called(records[0]!));
    return this.say(
      others === 0
        ? ` ${first} waits for ${forWhat}.`
        : ` ${first} and ${others} ${others === 1 ? "other" : "others"} wait for ${forWhat}.`,
    );
  }

  /** The finding that this sentence tells. @param about what it is about; with the kind the key. */
  finding(kind: FindingKind, about: string | number, facts: FindingFacts): Finding {
    const { certain, since, tasks, behind = [], resources = [] } = facts;
    return {
      kind,
      key: `${kind}:${about}`,
      certain,
      since,
      words: this.words,
      places: this.places,
      tasks,
      taskCount: facts.taskCount ?? tasks.length,
      behind,
      behindCount: facts.behindCount ?? behind.length,
      resources,
    };
  }
}

/** `task worker-1`, `Task-7`. */
export function called(record: TaskRecord): string {
  const name = clean(nameOf(record), NAME);
  return isNamed(record) ? `task ${name}` : name;
}

/** As {@link called}, of a task that may have been forgotten. */
export function calledTask(task: Task<unknown>): string {
  const name = clean(taskName(task), NAME);
  return task._givenName === null ? name : `task ${name}`;
}

export function capital(text: string): string {
  return cut(text, 0, 5) === "task " ? `Task ${cut(text, 5)}` : charAt(text, 0) + cut(text, 1);
}

/** `Lock db`. */
export function resourceName(registry: Registry, resource: object): string {
  const record = registry.resources.of(resource);
  return record === undefined
    ? "a lock"
    : clean(registry.resources.labelOf(record, resource as Inspectable), LABEL);
}

/** What a task waits for that is no task, in words: `Queue jobs (0/10)`, `a future`. */
export function waitedFor(registry: Registry, future: Future<unknown>): string {
  const origin = future._origin;
  const words = origin?.describe?.();
  if (words !== undefined) return clean(words, LABEL);
  const resource = origin?.resource ?? null;
  if (resource !== null && registry.resources.of(resource) !== undefined) {
    const name = resourceName(registry, resource);
    if (origin!.kind === "condition") return `${name} to be notified`;
    const { state } = (resource as Inspectable)._inspect();
    const inState = `${name} (${clean(state, LABEL)})`;
    return origin!.kind === "queue-join" ? `${inState} to be worked off` : inState;
  }
  switch (origin?.kind) {
    case undefined:
    case "future":
      return "a future that nobody settles";
    case "promise":
      return "a promise from outside the runtime";
    case "foreign":
      return "an await outside the runtime";
    case "sleep":
      return "a timer that is never due";
    case "gather":
    case "wait":
    case "shield":
      return `futures that nobody settles (${origin.kind})`;
    default:
      return origin!.kind;
  }
}

/** How a wait for several includes another task. */
export function composite(kind: string): string {
  switch (kind) {
    case "gather":
      return "a gather with";
    case "task-group":
      return "its task group with";
    case "shield":
      return "a shield around";
    default:
      return "the first of several:";
  }
}
