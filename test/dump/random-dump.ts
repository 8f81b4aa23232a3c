import {
  DUMP_FORMAT,
  DUMP_VERSION,
  type DumpTask,
  type TaskDump,
  type TaskState,
} from "@asyncscope/protocol";
import { ageOfWaits } from "../../debug-adapter/src/dump/write.js";
import {
  findingText,
  functionName,
  lineText,
  nameText,
  pathText,
  stateText,
} from "../../debug-adapter/src/dump/notation.js";
import type { Random } from "../support/random.js";

const STATES: readonly TaskState[] = [
  "created",
  "scheduled",
  "running",
  "suspended",
  "done",
  "failed",
  "cancelled",
];
/** Pieces that the notation itself is made of, and what programs call things to be mean. */
const PIECES = [
  "worker-1", " ", "  ", " #2", " @3", " [suspended] #7", "- ", "[queue: 1/2] @1", "at f (/a.ts:1:2)", "Tasks",
  "End of task dump: 1 tasks, 0 queues and locks.", "\n", "\r\n", "\u2028", "\u202e", "\u001b[2J", "\ud800", '"',
  "\\", "(", ")", ":", ":1:2", "for 340 ms", " 340 ms", "async ", "native", "... 3 more frames", "错误", "😀",
  "__proto__", "(no task)", "<anonymous>", "~", "\u0000", "\ufeff", "note x", "\t", ", 3 ms left", "[", "]",
]; // prettier-ignore

/** Any dump that can be made: its texts are as {@link buildDump} leaves them. */
export function randomDump(random: Random): TaskDump {
  const raw = (): string => Array.from({ length: random.below(5) }, () => random.pick(PIECES)!).join("");
  const maybe = <T>(make: () => T): T | undefined => (random.below(2) === 0 ? make() : undefined);
  const line = (): string => lineText(raw());
  const number = (most = 9): number => random.below(most);
  const age = (): number => [0, 7, 999, 1000, 59_999, 60_000, 3_600_000, 90_061_001][number(8)]! + number(3);
  const position = () => ({ path: pathText(raw()), line: number(500), column: number(80) });
  const location = () => ({ ...position(), functionName: functionName(raw()) });
  const task = (id = number() + 1) => ({ id, name: nameText(raw(), `Task-${id}`) });
  const resource = (id = number() + 1) => ({ id, name: nameText(raw(), `unnamed-${id}`) });
  const list = <T>(most: number, make: (index: number) => T): T[] =>
    Array.from({ length: number(most) }, (_, i) => make(i));
  const given = <K extends string, T>(key: K, value: T | undefined) =>
    (value === undefined ? {} : { [key]: value }) as Partial<Record<K, T>>;

  const tasks: DumpTask[] = [];
  const path: DumpTask[] = [];
  const deep = random.below(20) === 0;
  list(deep ? 120 : 9, (i) => {
    path.length = Math.min(path.length, deep ? path.length : number(5));
    const parent = path.at(-1);
    const elsewhere = maybe(() => task(1000 + number()));
    const up = parent === undefined ? elsewhere : { id: parent.id, name: parent.name };
    const state = random.pick(STATES)!;
    const waits = list(3, () => ({
      kind: random.pick(["lock", "queue-get", "sleep", "task"] as const)!,
      label: line() || "x",
      age: age(),
      ...given("left", maybe(age)),
      ...given("resource", maybe(resource)),
      tasks: list(3, () => task()),
      hiddenTasks: number(2),
    }));
    const error = state === "failed" ? line() : undefined;
    const created = maybe(location);
    const next: DumpTask = {
      ...task(i + 1),
      state,
      ...given("parent", up),
      coroutine: functionName(raw()),
      form: random.pick(["generator", "async"] as const)!,
      age: random.below(2) === 0 ? ageOfWaits(waits) : age(),
      waits,
      hiddenWaits: number(2),
      cancelling: number(2),
      ...given(
        "cancelledBy",
        maybe(() => ({
          ...given(
            "by",
            maybe(() => task()),
          ),
          message: line(),
          ...given("location", maybe(location)),
        })),
      ),
      ...given("error", error),
      unretrieved: error !== undefined && random.below(2) === 0,
      ...(random.below(4) === 0 ? { floating: true } : {}),
      frames: list(3, () => ({
        functionName: functionName(raw()),
        kind: random.pick(["generator", "async", "native"] as const)!,
        ...given("location", maybe(position)),
      })),
      hiddenFrames: number(2),
      ...given("created", created),
      createdIsInferred: created !== undefined && random.below(2) === 0,
    };
    tasks.push(next);
    path.push(next);
  });
  const counts: Partial<Record<TaskState, number>> = {};
  for (const state of STATES) if (random.below(3) === 0) counts[state] = 1 + number();
  return {
    format: DUMP_FORMAT,
    version: DUMP_VERSION,
    program: pathText(raw()),
    pid: number(99_999),
    node: line(),
    runtime: line(),
    time: new Date(1.7e12 + number(1e9)).toISOString(),
    status: random.pick(["live", "paused", "blocked", "ended", "none"] as const)!,
    counts,
    hidden: { tasks: number(3), resources: number(3), chains: number(3) },
    notes: list(3, () => line() || "a note"),
    findings: list(3, () => ({
      kind: random.pick(["wait-cycle", "leaked-lock"] as const)!,
      text: findingText(raw()),
      locations: list(3, location),
    })),
    cycles: list(2, () => [task(), task()]),
    tasks,
    resources: list(5, (i) => ({
      ...resource(i + 1),
      kind: random.pick(["queue", "lock", "bounded-semaphore"] as const)!,
      state: stateText(raw()),
      ...given(
        "unfinished",
        maybe(() => number()),
      ),
      items: list(4, (index) => ({ index, preview: line() })),
      hiddenItems: number(2),
      ...given(
        "owner",
        maybe(() => ({ ...task(), age: age() })),
      ),
      ...given("lock", maybe(resource)),
      waiters: list(3, () => ({
        role: random.pick(["getter", "putter", "joiner", "waiter"] as const)!,
        ...given(
          "task",
          maybe(() => task()),
        ),
        age: age(),
      })),
      hiddenWaiters: number(2),
      ...given("created", maybe(location)),
    })),
  };
}
