import type {
  ChainArguments,
  ChainBody,
  CancelTaskArguments,
  CancelTaskBody,
  DiagnosisArguments,
  DiagnosisBody,
  DiagnosisReply,
  FuturesArguments,
  FuturesBody,
  GroupsArguments,
  GroupsBody,
  ResourceNode,
  ResourceReply,
  ResourcesArguments,
  ResourcesBody,
  SiteId,
  SourceLocation,
  TaskId,
  TaskInfo,
  TaskNode,
  TreeArguments,
  TreeBody,
  TreeQuery,
  TreeReply,
} from "@asyncscope/protocol";
import { AdapterError, messageOf } from "../errors.js";
import { ProgramBlockedError, type LastState, type ProgramFacts, type TaskBackend } from "./backend.js";
import { EMPTY_DIAGNOSIS, EMPTY_FUTURES, EMPTY_GROUPS, EMPTY_RESOURCES, EMPTY_TREE } from "./empty-bodies.js";
import { endedGroups } from "./ended-groups.js";
import { endedPages } from "./ended-tree.js";
import { FilePlaces } from "./file-places.js";
import { findTask } from "./find-task.js";
import { tellFindings } from "./finding-nodes.js";
import { LastChains } from "./last-chains.js";
import type { LastPlaces } from "./last-chains.js";
import { LoopBlocks } from "./loop-blocks.js";
import { askFutures } from "./place-futures.js";
import { askGroups } from "./place-groups.js";
import { LOCATIONS_MS, placeTasks, resolveSite } from "./task-places.js";
import { within } from "./within.js";

type Status = TreeBody["status"];

/** After the end nobody waits for the program, and what is told then is told once. Milliseconds. */
const LAST_LOCATIONS_MS = 3000;

/** A program that is killed, or that ends with very many tasks, cannot be asked any more. */
const UNTOLD = "The program ended before its tasks were looked at. To see what is wrong, ask while it runs.";

/**
 * What views ask about tasks: one batch per question, with positions in the user's sources. After the program has
 * ended, or while it does not answer, it gives the last state it saw and says so.
 */
export class TaskModel {
  #backend: TaskBackend | undefined;
  #last: TreeReply | undefined;
  #lastResources: ResourceReply | undefined;
  #lastDiagnosis: DiagnosisBody | undefined;
  /** What the program found when it ended, not told in words yet. */
  #diagnosisAtEnd: DiagnosisReply | undefined;
  #lastGroups: GroupsBody | undefined;
  #lastFutures: FuturesBody | undefined;
  #files = new FilePlaces();
  #facts: ProgramFacts | undefined;
  #lastChains = new LastChains();
  #ended = false;
  /** What holds its event loop, and what has. */
  readonly loop = new LoopBlocks();
  /** Whether the program stands still. */
  paused = false;
  /** Thread of a pinned task. */
  threadOf: (task: TaskId) => number | undefined = () => undefined;
  /** Where the program is stopped, in the user's code. */
  stoppedAt: () => Promise<SourceLocation | undefined> = () => Promise.resolve(undefined);
  /** Gives a queue's items a reference that the `variables` request understands; 0 for none. */
  itemsReference: (resource: number, size: number) => number = () => 0;

  attach(backend: TaskBackend): void {
    this.#backend = backend;
    this.#ended = false;
    this.#last = undefined;
    this.#lastResources = undefined;
    this.#lastDiagnosis = undefined;
    this.#diagnosisAtEnd = undefined;
    this.#lastGroups = this.#lastFutures = undefined;
    this.#files = new FilePlaces();
    this.#facts = undefined;
    this.#lastChains = new LastChains();
    this.loop.clear();
  }

  /** The program is gone; `last` is its last state when it could still tell. */
  end(last?: LastState): void {
    if (last !== undefined) {
      this.#last = last.tree;
      this.#lastResources = last.resources ?? this.#lastResources;
      this.#diagnosisAtEnd = last.diagnosis;
      this.#lastChains = new LastChains(last.chains);
      this.#facts = last.facts;
    }
    this.#ended = true;
  }

  get status(): Status {
    if (this.#ended) return this.#last === undefined ? "none" : "ended";
    if (this.#backend?.ready !== true) return "none";
    if (this.paused) return "paused";
    return this.loop.message === undefined ? "live" : "blocked";
  }

  /** The status, and what to say of it. */
  get #state(): { readonly status: Status; readonly message?: string } {
    const { status } = this;
    const message = status === "blocked" ? this.loop.message : this.#backend?.note;
    return message === undefined ? { status } : { status, message };
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  get version(): number {
    return this.#last?.version ?? 0;
  }

  /** @param patience how long the answer waits for positions, in milliseconds. */
  async tree(args: TreeArguments, patience = LOCATIONS_MS): Promise<TreeBody> {
    const backend = await this.meet();
    if (backend === undefined) return this.#lastTree(args);
    const { locations, filter, ...query } = args;
    let reply: TreeReply;
    try {
      const translated = filter && { filter: await this.#files.translate(backend, filter) };
      reply = await backend.tree({ ...query, ...translated } satisfies TreeQuery);
    } catch (error) {
      return this.#failed(error, () => this.#lastTree(args), EMPTY_TREE);
    }
    this.#last = reply;
    return { ...(await this.#body(reply, locations !== false, patience)), ...this.#state };
  }

  async #body(reply: TreeReply, locations: boolean, patience: number): Promise<Omit<TreeBody, "status">> {
    const { now, version, pages, counts, hidden } = reply;
    // A program that became blocked in between must not keep the tree waiting for its positions.
    const tasks = await within(patience, this.#nodes(reply.tasks, locations), reply.tasks);
    return { now, version, pages, counts, hidden, tasks };
  }

  #nodes(tasks: readonly TaskInfo[], locations: boolean): Promise<TaskNode[]> {
    return placeTasks(tasks, locations, {
      live: this.#ended ? undefined : this.#backend,
      sources: this.#backend,
      paused: this.paused,
      threadOf: (task) => this.threadOf(task),
      stoppedAt: () => this.stoppedAt(),
      stoodAt: (task) => this.#placeAtEnd(task),
    });
  }

  /** Where a generator stood when the program ended. */
  async #placeAtEnd({ id, state, form }: TaskInfo): Promise<SourceLocation | undefined> {
    const isKnown = this.#ended && state === "suspended" && form === "generator";
    return isKnown ? this.#lastChains.placeOf(id, this.#lastPlaces) : undefined;
  }

  readonly #lastPlaces: LastPlaces = {
    site: (id) => this.#site(id),
    position: async (site) => this.#backend?.resolveSite(site).catch(() => undefined),
  };

  #site(id: SiteId): Promise<SourceLocation | undefined> {
    return resolveSite(this.#backend, id);
  }

  /** How many tasks stand where. After the end: of the tasks that were seen last. */
  async groups(args: GroupsArguments): Promise<GroupsBody> {
    const backend = await this.meet();
    const last = (): Promise<GroupsBody> => this.#lastGroupsBody(args);
    if (backend === undefined) return last();
    try {
      const nodes = (tasks: readonly TaskInfo[]): Promise<TaskNode[]> => this.#nodes(tasks, true);
      const body = await askGroups(backend, args, this.#files, nodes);
      return (this.#lastGroups = { ...body, status: this.status });
    } catch (error) {
      return this.#failed(error, last, EMPTY_GROUPS);
    }
  }

  /** The pending futures that tasks wait for. After the end: what was seen last. */
  async futures(args: FuturesArguments): Promise<FuturesBody> {
    const backend = await this.meet();
    const last = (): Promise<FuturesBody> =>
      Promise.resolve({ ...(this.#lastFutures ?? this.#empty(EMPTY_FUTURES)), status: this.status });
    if (backend === undefined) return last();
    try {
      const body = await askFutures(backend, args, (tasks) => this.#nodes(tasks, true));
      return (this.#lastFutures = { ...body, status: this.status });
    } catch (error) {
      return this.#failed(error, last, EMPTY_FUTURES);
    }
  }

  #empty<T>(body: T): T {
    const message = this.#emptyMessage();
    return message === undefined ? body : { ...body, message };
  }

  async #lastGroupsBody(args: GroupsArguments): Promise<GroupsBody> {
    const tree = this.#ended ? this.#last : undefined;
    const message = this.#emptyMessage();
    if (tree === undefined)
      return {
        ...(this.#lastGroups ?? { ...EMPTY_GROUPS, ...(message && { message }) }),
        status: this.status,
      };
    const tasks = await within(LOCATIONS_MS, this.#nodes(tree.tasks, true), tree.tasks);
    const functionsOf = (task: TaskId): string[] | undefined => this.#lastChains.functionsOf(task);
    const { now, version, counts } = tree;
    return { status: this.status, now, version, counts, ...endedGroups(tasks, functionsOf, now, args) };
  }

  /** @param patience how long the answer waits for positions, in milliseconds. */
  async resources(args: ResourcesArguments, patience = LOCATIONS_MS): Promise<ResourcesBody> {
    const backend = await this.meet();
    if (backend === undefined) return this.#lastResourcesBody();
    try {
      this.#lastResources = await backend.resources(args);
    } catch (error) {
      return this.#failed(error, () => this.#lastResourcesBody(), EMPTY_RESOURCES);
    }
    return { ...(await this.#resourcesBody(this.#lastResources, patience)), ...this.#state };
  }

  async #resourcesBody(
    reply: ResourceReply,
    patience = LOCATIONS_MS,
  ): Promise<Omit<ResourcesBody, "status">> {
    const { now, version, total, tasks } = reply;
    const resources = await this.#resourceNodes(reply, patience);
    return { now, version, resources, total, tasks };
  }

  #resourceNodes(reply: ResourceReply, patience: number): Promise<ResourceNode[]> {
    const plain = reply.resources.map((resource) => ({ ...resource, itemsReference: 0 }));
    const located = Promise.all(
      reply.resources.map(async (resource) => {
        const createdAtLocation = resource.created === 0 ? undefined : await this.#site(resource.created);
        const itemsReference = this.#ended ? 0 : this.itemsReference(resource.id, resource.size ?? 0);
        return {
          ...resource,
          itemsReference,
          ...(createdAtLocation === undefined ? {} : { createdAtLocation }),
        };
      }),
    );
    return within(patience, located, plain);
  }

  /**
   * What is wrong with the tasks. After the end: what the program itself found then, or what was found last.
   * @param patience how long the answer waits for positions, in milliseconds.
   */
  async diagnosis(args: DiagnosisArguments, patience = LOCATIONS_MS): Promise<DiagnosisBody> {
    const backend = await this.meet();
    const last = (): Promise<DiagnosisBody> => this.#lastFindings();
    if (backend === undefined) return last();
    try {
      const reply = await backend.diagnosis({ ...args, paused: this.paused });
      this.#lastDiagnosis = await this.#tell(reply, patience);
      return this.#lastDiagnosis;
    } catch (error) {
      return this.#failed(error, last, EMPTY_DIAGNOSIS);
    }
  }

  async #tell(reply: DiagnosisReply, patience: number): Promise<DiagnosisBody> {
    const { findings, tasks, now, version, hiddenTasks, idle } = reply;
    const nodes = await within(patience, this.#nodes(tasks, true), tasks);
    const told = await within(
      patience,
      tellFindings(findings, nodes, (site) => this.#site(site)),
      await tellFindings(findings, [], () => Promise.resolve(undefined)),
    );
    const { current, past } = this.loop.findings(now);
    const all = [...current, ...told, ...past];
    return { ...this.#state, now, version, findings: all, hiddenTasks, idle, tasks: nodes };
  }

  async #lastFindings(): Promise<DiagnosisBody> {
    const atEnd = this.#diagnosisAtEnd;
    // What only an idle process can tell was seen before the end; a program that ends is not idle.
    if (atEnd !== undefined && this.#lastDiagnosis?.idle !== true) {
      const told = await this.#tell(atEnd, LAST_LOCATIONS_MS);
      // The next program may have come meanwhile.
      if (this.#diagnosisAtEnd !== atEnd) return { ...told, status: "ended" };
      this.#lastDiagnosis = told;
      this.#diagnosisAtEnd = undefined;
    }
    if (this.#lastDiagnosis !== undefined)
      return { ...this.#lastDiagnosis, status: this.#ended ? "ended" : this.status };
    const untold = this.#ended && this.#last !== undefined;
    const message = untold ? UNTOLD : this.#emptyMessage();
    return { ...EMPTY_DIAGNOSIS, status: this.status, ...(message === undefined ? {} : { message }) };
  }

  async chain({ task, limit = 50 }: ChainArguments): Promise<ChainBody> {
    const last = this.#ended ? await this.#lastChains.chain(task, limit, this.#lastPlaces) : undefined;
    if (last !== undefined) return last;
    const backend = this.#require();
    const [reply, live] = await Promise.all([
      backend.chain(task, limit),
      backend.frameLocations(task, limit),
    ]);
    const frames = await Promise.all(
      reply.frames.map(async ({ functionName, kind, site }, i) => {
        const location = live[i] ?? (site === 0 ? undefined : await this.#site(site));
        return { functionName, kind, ...(location === undefined ? {} : { location }) };
      }),
    );
    return { found: reply.found, frames, hidden: reply.hidden };
  }

  /** Which program it is, as far as is known. */
  async facts(): Promise<ProgramFacts> {
    const backend = this.#available();
    if (this.#facts === undefined && backend !== undefined)
      this.#facts = await backend.about().catch(() => undefined);
    return this.#facts ?? { program: "", pid: 0, node: "", runtime: "" };
  }

  /** The first items of a queue as short texts; none when the program has ended. */
  async itemTexts(resource: number, count: number): Promise<string[]> {
    const items = await this.#available()?.items(resource).list({ filter: "indexed", start: 0, count });
    return (items ?? []).map(({ value }) => value.text);
  }

  async cancel({ task, message }: CancelTaskArguments): Promise<CancelTaskBody> {
    return { requested: await this.#require().cancel(task, message ?? "cancelled from the debugger") };
  }

  /**
   * The task as the program has it now, or undefined.
   * @param known what was seen of it earlier: its siblings are then enough to find it again.
   */
  async task(id: TaskId, known?: TaskInfo): Promise<TaskInfo | undefined> {
    return findTask(this.#require(), id, known);
  }

  /** Who can be asked now; undefined when nobody can. */
  async meet(): Promise<TaskBackend | undefined> {
    if (!this.#ended && this.#backend?.ready === false) await this.#backend.probe().catch(() => undefined);
    return this.#available();
  }

  #available(): TaskBackend | undefined {
    return this.#ended || this.#backend?.ready !== true ? undefined : this.#backend;
  }

  #require(): TaskBackend {
    const backend = this.#available();
    if (backend !== undefined) return backend;
    throw new AdapterError(this.#ended ? "ended" : "noTasks", { command: "this request" });
  }

  async #lastTree(args: TreeArguments): Promise<TreeBody> {
    if (this.#last === undefined) return { ...this.#empty(EMPTY_TREE), status: this.status };
    const tasks = await within(LAST_LOCATIONS_MS, this.#nodes(this.#last.tasks, true), this.#last.tasks);
    const { pages, shown } = endedPages({ tasks, now: this.#last.now }, args);
    return {
      status: this.status,
      now: this.#last.now,
      version: this.#last.version,
      counts: this.#last.counts,
      hidden: this.#last.hidden,
      pages,
      tasks: tasks.filter(({ id }) => shown.has(id)),
    };
  }

  async #lastResourcesBody(): Promise<ResourcesBody> {
    if (this.#lastResources === undefined) return { ...this.#empty(EMPTY_RESOURCES), status: this.status };
    return { ...(await this.#resourcesBody(this.#lastResources)), status: this.status };
  }

  #emptyMessage(): string | undefined {
    if (this.#backend === undefined) return "No program is being debugged.";
    if (this.#ended) return this.#last === undefined ? "The program has ended; it had no tasks." : undefined;
    return this.#backend.problem ?? new AdapterError("noTasks").message;
  }

  async #failed<T extends { status: Status }>(error: unknown, last: () => Promise<T>, empty: T): Promise<T> {
    if (error instanceof ProgramBlockedError) {
      const body = await last().catch(() => empty);
      const message = this.loop.message ?? new AdapterError("blocked").message;
      return { ...body, status: "blocked", message };
    }
    if (this.#ended) return last();
    return { ...(await last().catch(() => empty)), message: messageOf(error) };
  }
}
