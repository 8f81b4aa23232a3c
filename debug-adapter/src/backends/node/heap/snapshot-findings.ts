import type { FindingKind } from "@asyncscope/protocol";
import { count } from "../../../text/plain-text.js";
import type { SuspendedFunction } from "./async-graph.js";
import type { HeapGraph, Node } from "./heap-graph.js";
import type { SnapshotResource } from "./snapshot-resources.js";
import { functionLabel, taskName } from "./snapshot-texts.js";
import type { Awaited, SnapshotTask, SnapshotTasks } from "./snapshot-tasks.js";

/** Something wrong that the snapshot shows: as a `Finding`, with functions in place of positions. */
export interface SnapshotFinding {
  readonly kind: FindingKind;
  readonly key: string;
  readonly certain: boolean;
  /** `places[i]` stands between `words[i]` and `words[i + 1]`. */
  readonly words: readonly string[];
  readonly places: readonly SuspendedFunction[];
  readonly tasks: readonly SnapshotTask[];
  readonly resources: readonly number[];
  /** The promise that nothing can settle: what was about to settle it may have stood where no snapshot has it. */
  readonly unsettled?: Node;
}

const MOST_IN_CIRCLE = 20;

/** What is wrong by structure alone: nothing is guessed from names or texts. */
export function findProblems(
  heap: HeapGraph,
  { tasks, taskOf }: SnapshotTasks,
  resources: readonly SnapshotResource[],
): SnapshotFinding[] {
  return [
    ...circles(tasks, taskOf),
    ...tasks.flatMap((task) => reentrance(task, resources)),
    ...resources.flatMap((resource) => leakedLock(heap, resource)),
    ...tasks.flatMap(neverSettled),
  ];
}

/** Tasks that wait for each other's end, or one that waits for its own. */
function circles(tasks: readonly SnapshotTask[], taskOf: SnapshotTasks["taskOf"]): SnapshotFinding[] {
  const next = (task: SnapshotTask): SnapshotTask[] => needed(task.awaited).flatMap((fn) => taskOf(fn) ?? []);
  const found: SnapshotFinding[] = [];
  const done = new Set<SnapshotTask>();
  for (const start of tasks) {
    if (done.has(start)) continue;
    const path: SnapshotTask[] = [start];
    const open: SnapshotTask[][] = [next(start)];
    const onPath = new Set(path);
    while (path.length > 0) {
      const child = open.at(-1)!.shift();
      if (child === undefined) {
        const last = path.pop()!;
        onPath.delete(last);
        done.add(last);
        open.pop();
      } else if (onPath.has(child)) found.push(circle(path.slice(path.indexOf(child))));
      else if (!done.has(child)) {
        path.push(child);
        onPath.add(child);
        open.push(next(child));
      }
    }
  }
  return found;
}

/** Functions without whose end the await cannot end. */
function needed(awaited: Awaited): SuspendedFunction[] {
  if (awaited.kind === "function") return [awaited.function];
  if (awaited.kind === "other" || !/all/.test(awaited.name)) return [];
  return awaited.inputs.flatMap(needed);
}

function circle(tasks: readonly SnapshotTask[]): SnapshotFinding {
  const shown = tasks.slice(0, MOST_IN_CIRCLE);
  const ends = shown.map((task, i) => {
    const after = tasks[(i + 1) % tasks.length]!;
    return ` for the end of ${after === task ? "itself" : taskName(after)}`;
  });
  const rest = tasks.length > shown.length ? "; and so on." : ".";
  const words = shown.map((task, i) =>
    i === 0 ? `Deadlock: ${taskName(task)} waits` : `${ends[i - 1]!}; ${taskName(task)} waits`,
  );
  words.push(`${ends.at(-1)!}${rest}`);
  return {
    kind: "wait-cycle",
    key: `circle-${tasks.map(({ id }) => id).join("-")}`,
    certain: true,
    words,
    places: shown.map(({ frames }) => frames[0]!),
    tasks,
    resources: [],
  };
}

/**
 * A function that waits for its turn at an object, called from inside of the same function's turn at the same object:
 * a lock that is not re-entrant, taken twice.
 */
function reentrance(task: SnapshotTask, resources: readonly SnapshotResource[]): SnapshotFinding[] {
  const { awaited, frames } = task;
  if (awaited.kind !== "other" || awaited.settler.holder === undefined) return [];
  const { owner, className, kind } = awaited.settler.holder;
  const inner = frames[0]!;
  if (kind === "event" || inner.receiver < 0 || inner.receiver !== owner) return [];
  const outer = frames.findIndex(
    (each, i) =>
      i > 0 &&
      each.receiver === owner &&
      each.functionName === inner.functionName &&
      each.script === inner.script,
  );
  if (outer < 1) return [];
  const name = functionLabel(inner);
  const resource = resources.find(({ holder }) => holder.owner === owner);
  // Who called it again: its line is the one to change.
  const again = frames[1]!;
  return [
    {
      kind: "wait-cycle",
      key: `reentrance-${task.id}`,
      certain: false,
      words: [
        `Deadlock of one task: ${functionLabel(again)} calls ${name} of a ${className}`,
        `, which waits`,
        `, while it stands itself inside of ${name} of the same ${className}`,
        `: that one ends only after the wait.`,
      ],
      places: [again, inner, frames[outer]!],
      tasks: [task],
      resources: resource === undefined ? [] : [resource.id],
    },
  ];
}

/** A lock of async-mutex whose releasing function nobody has any more. */
function leakedLock(heap: HeapGraph, resource: SnapshotResource): SnapshotFinding[] {
  const { settler, holder, waiters, id } = resource;
  const [first] = waiters;
  if ((settler.kind !== "lock" && settler.kind !== "semaphore") || first === undefined) return [];
  if ((heap.numberAt(holder.owner, "_value") ?? 0) > 0 || hasReleaser(heap, holder.owner)) return [];
  const name = settler.kind === "lock" ? "Mutex" : holder.className;
  return [
    {
      kind: "leaked-lock",
      key: `leak-${id}`,
      certain: false,
      words: [
        `${name} is locked, ${count(waiters.length, "task")} (${taskName(first)}) ${waiters.length === 1 ? "waits" : "wait"} for it`,
        `, and the function that releases it is gone: whoever took it has ended without releasing it.`,
      ],
      places: [first.frames[0]!],
      tasks: waiters,
      resources: [id],
    },
  ];
}

/** Whether a function is alive that gives a permit back: it sees the semaphore as its `this`. */
function hasReleaser(heap: HeapGraph, semaphore: Node): boolean {
  return heap
    .retainers(semaphore)
    .some(
      (edge) =>
        heap.edgeKind(edge) === "context" &&
        heap.edgeName(edge) === "this" &&
        heap.child(heap.from(edge), "called") >= 0,
    );
}

function neverSettled(task: SnapshotTask): SnapshotFinding[] {
  if (task.awaited.kind !== "other" || task.awaited.settler.never !== true) return [];
  return [
    {
      kind: "nothing-can-wake",
      key: `never-${task.id}`,
      certain: true,
      words: [
        `Nothing can wake ${taskName(task)}: it waits`,
        ` for a promise whose resolve and reject functions are gone.`,
      ],
      places: [task.frames[0]!],
      tasks: [task],
      resources: [],
      unsettled: task.awaited.promise,
    },
  ];
}
