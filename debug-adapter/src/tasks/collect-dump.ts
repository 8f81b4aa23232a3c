import { homedir } from "node:os";
import type {
  ChainBody,
  FindingNode,
  ResourcesBody,
  TaskDump,
  TaskId,
  TreeBody,
  TreePageQuery,
} from "@asyncscope/protocol";
import { buildDump } from "../dump/build.js";
import { AdapterError } from "../errors.js";
import type { ProgramFacts } from "./backend.js";
import type { TaskModel } from "./task-model.js";

export interface CollectOptions {
  /** Most tasks. Default 2000, at most 20000. */
  readonly limit?: number;
  /** What is known of the program beside what it says. */
  readonly facts?: Partial<ProgramFacts>;
  /** Sentences for the reader. */
  readonly notes?: readonly string[];
}

const DEFAULT_TASKS = 2000;
const MOST_TASKS = 20_000;
const TASKS_IN_PAGE = 1000;
/** Parents whose children are asked for at once. */
const MOST_PAGES = 100;
const MOST_RESOURCES = 500;
/** Await chains cost some questions each: those of so many tasks at most, and for so long, in milliseconds. */
const MOST_CHAINS = 1000;
const DETAIL_MS = 2000;
const MOST_FRAMES = 50;
/** Items shown of a queue, and queues whose items are. */
const MOST_ITEMS = 10;
const MOST_QUEUES = 100;
/** Questions under way at a time. */
const AT_A_TIME = 8;
/** How long positions are waited for, in milliseconds. */
const PATIENCE_MS = 1500;
/** The model resolves creation lines of so many tasks. */
const WITH_CREATION = 2000;

/**
 * Gathers a dump of the program as it is now, or of its last state. Takes at most about 4 s, whatever the program does.
 * @throws AdapterError when there is nothing to dump.
 */
export async function collectDump(model: TaskModel, options: CollectOptions = {}): Promise<TaskDump> {
  const limit = Math.min(options.limit ?? DEFAULT_TASKS, MOST_TASKS);
  const [tree, resources, facts, findings] = await Promise.all([
    wholeTree(model, limit),
    model.resources({ limit: MOST_RESOURCES }, PATIENCE_MS),
    model.facts(),
    findingsOf(model),
  ]);
  if (tree.status === "none") throw new AdapterError(model.hasEnded ? "endedWithoutTasks" : "noTasks");
  const end = performance.now() + DETAIL_MS;
  const [chains, items] = await Promise.all([
    tree.status === "blocked" ? new Map<TaskId, ChainBody>() : chainsOf(model, tree, end),
    tree.status === "live" || tree.status === "paused"
      ? itemsOf(model, resources, end)
      : new Map<number, string[]>(),
  ]);
  const notes = [...(options.notes ?? [])];
  if (tree.tasks.length > WITH_CREATION)
    notes.push(`Where a task was created is shown for the first ${WITH_CREATION} tasks.`);
  return buildDump({
    ...facts,
    ...options.facts,
    time: new Date(),
    tree,
    resources,
    chains,
    findings,
    items,
    notes,
    home: homedir(),
  });
}

/** Tasks of a dump that have not finished. */
export function pendingTasks({ counts }: TaskDump): number {
  const { created = 0, scheduled = 0, running = 0, suspended = 0 } = counts;
  return created + scheduled + running + suspended;
}

/** What is wrong; undefined when the program cannot be asked any more and nothing was found before. */
async function findingsOf(model: TaskModel): Promise<readonly FindingNode[] | undefined> {
  const body = await model.diagnosis({}).catch(() => undefined);
  const asked = body?.status === "live" || body?.status === "paused";
  return asked || (body?.findings.length ?? 0) > 0 ? body?.findings : undefined;
}

/** A question gets a page of the children of each task: the rest of those that have more is asked for after it. */
async function wholeTree(model: TaskModel, limit: number): Promise<TreeBody> {
  const end = performance.now() + PATIENCE_MS;
  const ask = (pages: readonly TreePageQuery[], most: number): Promise<TreeBody> =>
    model.tree({ order: "creation", pages, deep: true, limit: most }, PATIENCE_MS);
  const first = await ask(pagesOf(0, 0, limit), limit);
  const tasks = new Map(first.tasks.map((task) => [task.id, task]));
  /** By parent: children that came, and all there are. */
  const reached = new Map<TaskId, { came: number; total: number }>();
  for (let body = first; body.status === "live" || body.status === "paused";) {
    const before = tasks.size;
    for (const task of body.tasks) tasks.set(task.id, task);
    for (const { task, offset, children, total } of body.pages) {
      // A page behind the last child is empty.
      const came = children.length === 0 ? 0 : offset + children.length;
      reached.set(task, { came: Math.max(came, reached.get(task)?.came ?? 0), total });
    }
    const rest = limit - tasks.size;
    const pages = [...reached].flatMap(([task, { came, total }]) =>
      pagesOf(task, came, Math.min(total - came, rest)),
    );
    const stuck = body !== first && tasks.size === before;
    if (pages.length === 0 || rest <= 0 || stuck || performance.now() > end) break;
    body = await ask(pages.slice(0, MOST_PAGES), rest);
  }
  return { ...first, tasks: [...tasks.values()] };
}

/** `count` children of a task from `offset` on, in pages. */
function pagesOf(task: TaskId, offset: number, count: number): TreePageQuery[] {
  return Array.from({ length: Math.ceil(Math.max(0, count) / TASKS_IN_PAGE) }, (_, i) => ({
    task,
    offset: offset + i * TASKS_IN_PAGE,
    limit: Math.min(TASKS_IN_PAGE, count - i * TASKS_IN_PAGE),
  }));
}

/**
 * The await chains of suspended tasks, of 1000 at most.
 * @param end when it is given up, on the clock `performance.now()`
 */
export async function chainsOf(
  model: TaskModel,
  tree: TreeBody,
  end: number,
): Promise<Map<TaskId, ChainBody>> {
  const suspended = tree.tasks.filter(({ state }) => state === "suspended").slice(0, MOST_CHAINS);
  const chains = await inTime(suspended, end, ({ id }) => model.chain({ task: id, limit: MOST_FRAMES }));
  // A task that went on meanwhile has no chain that belongs to what is shown of it.
  return new Map([...chains].filter(([, { found }]) => found).map(([{ id }, chain]) => [id, chain]));
}

async function itemsOf(model: TaskModel, body: ResourcesBody, end: number): Promise<Map<number, string[]>> {
  const queues = body.resources.filter(({ size = 0 }) => size > 0).slice(0, MOST_QUEUES);
  const items = await inTime(queues, end, ({ id }) => model.itemTexts(id, MOST_ITEMS));
  return new Map([...items].map(([{ id }, texts]) => [id, texts]));
}

/** The answers to one question for each of a list, as many as come until `end`. */
async function inTime<T, R>(
  list: readonly T[],
  end: number,
  ask: (item: T) => Promise<R>,
): Promise<Map<T, R>> {
  const answers = new Map<T, R>();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < list.length && performance.now() < end) {
      const item = list[next++]!;
      try {
        answers.set(item, await ask(item));
      } catch {
        // It has gone meanwhile.
      }
    }
  };
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, Math.max(0, end - performance.now()));
  });
  await Promise.race([Promise.all(Array.from({ length: AT_A_TIME }, worker)), late]);
  clearTimeout(timer);
  return new Map(answers);
}
