import type {
  ChainBody,
  GroupsBody,
  FindingNode,
  InspectorHello,
  ResourcesBody,
  TaskDump,
  TaskId,
  TreeBody,
  TreeOrder,
} from "@asyncscope/protocol";
import { blockedStack, loopTurns } from "../backends/node/blocked-loop.js";
import type { StackEntry } from "../backends/node/blocked-loop.js";
import { InspectorAccess, withTimeout } from "../backends/node/inspector-access.js";
import { NodeTaskBackend } from "../backends/node/task-backend.js";
import { ProgramBlockedError } from "../tasks/backend.js";
import { chainsOf, collectDump } from "../tasks/collect-dump.js";
import { TaskModel } from "../tasks/task-model.js";
import { CliError } from "./cli-error.js";
import { isUnderLoader, needsSnapshot, quickLook, suspendedFunctions } from "./plain-program.js";
import type { QuickLook, SnapshotConsent } from "./plain-program.js";
import { STEP_MS, visit } from "./visit.js";
import type { Visited } from "./visit.js";

/** What a program looked like at one moment. */
export interface Look {
  readonly pid: number;
  /** Path of the program's main file, or its command line. */
  readonly program: string;
  /** `v20.11.0` */
  readonly node: string;
  /** Version of the asyncscope runtime in it; "" when it does not use it. */
  readonly runtime: string;
  /**
   * False when the tasks were not recorded before this look: then nothing is known of who started whom, and ages are
   * the least that they can be.
   */
  readonly recorded: boolean;
  /** The stack of a thread that does not come back to its event loop, innermost first. */
  readonly blocked?: readonly StackEntry[];
  /** Of a program without the runtime whose heap was not read: all that is known of it. */
  readonly quick?: QuickLook;
  readonly tree: TreeBody;
  /** Await chains of plain async functions, innermost first. */
  readonly chains?: Readonly<Record<TaskId, ChainBody>>;
  /** What is wrong with its tasks, the worst first. */
  readonly findings: readonly FindingNode[];
}

export interface LookOptions {
  readonly order: TreeOrder;
  /** Most tasks. */
  readonly limit: number;
  readonly consent: SnapshotConsent;
}

/** What must be known of tasks that were not recorded before. */
export const NOT_RECORDED =
  "Nothing was recorded before this look: who started whom is not known, and ages are at least as shown.";
/** What must be known of queues and locks that were not recorded before. */
export const NOT_RECORDED_QUEUES =
  "Nothing was recorded before this look: only what a task waits for is listed.";
/** What must be known of functions that were found in the heap. */
export const FROM_HEAP =
  "Read from the heap of a program that does not use the asyncscope runtime: who started whom and since when is not known.";

/** How long the positions of suspended functions are waited for: each is some questions. Milliseconds. */
const POSITIONS_MS = 20_000;

/** Who has waited for less is not taken for stuck, in milliseconds. */
const MOMENT_MS = 1000;

const EMPTY = new TaskModel();

/**
 * Looks at the tasks of a running program.
 * @throws CliError
 */
export function look(pid: number, options: LookOptions, signal: AbortSignal): Promise<Look> {
  return visit(pid, signal, async (visited) => {
    const { program, node, cdp, domain, scripts } = visited;
    const facts = { pid, program, node };
    const stack = (await loopTurns(cdp)) ? undefined : await blockedStack(cdp, domain, scripts);
    const blocked = stack === undefined ? {} : { blocked: stack };
    const seen = await withRuntime(visited, async (model, hello) => {
      const program = { ...facts, ...blocked, runtime: hello.runtimeVersion };
      const found = await treeOf(model, options);
      if (!(await isUnderLoader(visited))) return { ...program, recorded: hello.enabled, ...found };
      const deeper = options.consent.given ? await withHeap(visited, model, options) : found;
      // Its frames know since when they wait, and who called them.
      return { ...program, recorded: true, ...deeper, chains: await chainsIn(model, deeper.tree) };
    });
    if (seen !== undefined) return seen;
    const plain = { ...facts, ...blocked, runtime: "", recorded: false };
    const backend = await suspendedFunctions(visited, options.consent);
    if (backend === undefined) {
      const { tree, findings } = await treeOf(EMPTY, options);
      return { ...plain, quick: await quickLook(visited), tree, findings };
    }
    const model = new TaskModel();
    model.attach(backend);
    const found = await treeOf(model, options, POSITIONS_MS);
    return { ...plain, ...found, chains: await chainsIn(model, found.tree) };
  });
}

async function chainsIn(model: TaskModel, tree: TreeBody): Promise<Record<TaskId, ChainBody>> {
  return Object.fromEntries(await chainsOf(model, tree, performance.now() + POSITIONS_MS));
}

/**
 * Of a program under the loader, whose tasks have been looked at once: what a heap snapshot says of their waits beside
 * what they say. It collects garbage, too: calls that nothing can resume are known as such from then on.
 */
async function withHeap(
  visited: Visited,
  model: TaskModel,
  options: LookOptions,
): Promise<Pick<Look, "tree" | "findings">> {
  const backend = await suspendedFunctions(visited, options.consent);
  const { tree, findings } = await treeOf(model, options);
  if (backend === undefined) return { tree, findings };
  const heap = new TaskModel();
  heap.attach(backend);
  const found = await withTimeout(heap.diagnosis({}, POSITIONS_MS), 2 * POSITIONS_MS);
  const standing = tree.tasks.filter(({ since }) => tree.now - since > MOMENT_MS);
  // What is under way in the moment of a snapshot may seem stuck.
  const lasting = found.findings.filter(({ locations }) =>
    locations.some(({ path, line }) =>
      standing.some(({ location }) => location?.path === path && location.line === line),
    ),
  );
  return { tree, findings: [...findings, ...lasting] };
}

async function treeOf(
  model: TaskModel,
  { order, limit }: LookOptions,
  patience = STEP_MS,
): Promise<Pick<Look, "tree" | "findings">> {
  const pages = [{ task: 0, limit: Math.min(limit, 1000) }];
  const tree = await withTimeout(model.tree({ order, pages, deep: true, limit }, patience - 500), patience);
  if (tree.status === "blocked") throw new ProgramBlockedError();
  const { findings } = await withTimeout(model.diagnosis({}, patience - 500), patience);
  return { tree, findings };
}

/** The program that is looked at. */
type ProgramLooked = Pick<Look, "pid" | "program" | "node" | "runtime" | "recorded">;

/** The queues, locks and other primitives of a program at one moment. */
export interface QueuesLook extends ProgramLooked {
  readonly resources: ResourcesBody;
  /** Of a program whose plain async functions are tasks: its heap, where limiters of packages stand, was not read. */
  readonly heapUnread?: true;
}

/**
 * Looks at the queues and locks of a running program; where its functions are plain ones, also at what stands in its
 * heap.
 * @throws CliError
 */
export function lookAtQueues(
  pid: number,
  { limit, consent }: Pick<LookOptions, "limit" | "consent">,
  signal: AbortSignal,
): Promise<QueuesLook> {
  return visit(pid, signal, async (visited) => {
    const { program, node } = visited;
    const facts = { pid, program, node };
    const seen = await withRuntime(visited, async (model, { runtimeVersion, enabled }) => ({
      ...facts,
      runtime: runtimeVersion,
      recorded: enabled,
      resources: await resourcesOf(model, limit),
    }));
    if (seen !== undefined && !(await isUnderLoader(visited))) return seen;
    const backend = await suspendedFunctions(visited, consent);
    if (backend === undefined) {
      if (seen === undefined) throw needsSnapshot(visited, "queues");
      return { ...seen, recorded: true, heapUnread: true };
    }
    const model = new TaskModel();
    model.attach(backend);
    const found = await resourcesOf(model, limit);
    return seen === undefined
      ? { ...facts, runtime: "", recorded: true, resources: found }
      : { ...seen, recorded: true, resources: joined(seen.resources, found) };
  });
}

async function resourcesOf(model: TaskModel, limit: number): Promise<ResourcesBody> {
  const resources = await withTimeout(model.resources({ limit }), STEP_MS);
  if (resources.status === "blocked") throw new ProgramBlockedError();
  return resources;
}

/** What two looks at a program have found: the numbers of the second go on behind those of the first. */
function joined(first: ResourcesBody, second: ResourcesBody): ResourcesBody {
  const tasks = Math.max(0, ...first.tasks.map(({ id }) => id));
  const last = Math.max(0, ...first.resources.map(({ id }) => id));
  return {
    ...first,
    total: first.total + second.total,
    tasks: [...first.tasks, ...second.tasks.map((task) => ({ ...task, id: task.id + tasks }))],
    resources: [
      ...first.resources,
      ...second.resources.map((resource) => ({
        ...resource,
        id: resource.id + last,
        waiters: resource.waiters.map((waiter) => ({
          ...waiter,
          task: waiter.task + tasks,
          since: first.now,
        })),
      })),
    ],
  };
}

/** The tasks of a program at one moment, grouped by where they stand. */
export interface GroupsLook extends ProgramLooked {
  readonly groups: GroupsBody;
}

/**
 * Looks at how many tasks of a running program stand where; also at those that do not wait.
 * @param limit most groups
 * @throws CliError
 */
export function lookAtGroups(pid: number, limit: number, signal: AbortSignal): Promise<GroupsLook> {
  return lookIntoRuntime(pid, signal, async (model, program) => {
    const groups = await withTimeout(model.groups({ all: true, limit }), STEP_MS);
    if (groups.status === "blocked") throw new ProgramBlockedError();
    return { ...program, groups };
  });
}

/**
 * Asks what only a program on the runtime can tell.
 * @throws CliError
 */
export function lookIntoRuntime<T>(
  pid: number,
  signal: AbortSignal,
  question: (model: TaskModel, program: ProgramLooked, backend: NodeTaskBackend) => Promise<T>,
): Promise<T> {
  return visit(pid, signal, async (visited) => {
    const { program, node } = visited;
    const seen = await withRuntime(visited, async (model, hello, backend) => {
      const { runtimeVersion: runtime, enabled } = hello;
      return { answer: await question(model, { pid, program, node, runtime, recorded: enabled }, backend) };
    });
    if (seen === undefined)
      throw new CliError(
        `Process ${pid} (${program}, Node ${node}) does not use the asyncscope runtime, so that this is not known of it. asyncscope tree ${pid} shows its suspended async functions.`,
      );
    return seen.answer;
  });
}

/**
 * Takes a dump of a running program.
 * @param limit most tasks
 * @throws CliError
 */
export function lookForDump(
  pid: number,
  { limit, consent }: Pick<LookOptions, "limit" | "consent">,
  signal: AbortSignal,
): Promise<TaskDump> {
  return visit(pid, signal, async (visited) => {
    const dumpOf = async (model: TaskModel, notes: readonly string[]): Promise<TaskDump> => {
      const dump = await withTimeout(collectDump(model, { limit, notes }), STEP_MS);
      if (dump.status === "blocked") throw new ProgramBlockedError();
      return dump;
    };
    const seen = await withRuntime(visited, (model, { enabled }) =>
      dumpOf(model, enabled ? [] : [NOT_RECORDED]),
    );
    if (seen !== undefined) return seen;
    const backend = await suspendedFunctions(visited, consent);
    if (backend === undefined) throw needsSnapshot(visited, "dump");
    const model = new TaskModel();
    model.attach(backend);
    return dumpOf(model, [FROM_HEAP]);
  });
}

/**
 * Asks a program that uses the runtime, and leaves its recording as it was; undefined when it does not use it.
 * @throws CliError
 */
async function withRuntime<T>(
  { cdp, scripts }: Visited,
  question: (model: TaskModel, hello: InspectorHello, backend: NodeTaskBackend) => Promise<T>,
): Promise<T | undefined> {
  const access = new InspectorAccess(cdp);
  await access.probe();
  const { hello, problem } = access;
  if (problem !== undefined) throw new CliError(problem);
  if (hello === undefined) return undefined;
  return recorded(access, hello, async () => {
    await scripts.setRuntimeScripts(hello.scripts);
    const model = new TaskModel();
    const backend = new NodeTaskBackend(cdp, scripts, access);
    model.attach(backend);
    return question(model, hello, backend);
  });
}

/** Calls `work` while tasks are recorded. */
async function recorded<T>(
  access: InspectorAccess,
  { enabled, protocolVersion }: InspectorHello,
  work: () => Promise<T>,
): Promise<T> {
  if (enabled) return work();
  await access.json("enable", { protocolVersion, captureSites: false });
  try {
    return await work();
  } finally {
    await access.plain("disable").catch(() => undefined);
  }
}
