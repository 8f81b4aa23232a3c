import type {
  ChainReply,
  DiagnosisQuery,
  DiagnosisReply,
  HaltEvent,
  FutureQuery,
  FutureReply,
  GroupQuery,
  GroupReply,
  InspectorEvent,
  LongWaitQuery,
  LongWaitReply,
  RecordingChunk,
  RecordingOptions,
  RecordingQuery,
  RecordingState,
  ResourceQuery,
  ResourceReply,
  Site,
  SiteId,
  SourceLocation,
  SuspensionQuery,
  SuspensionReply,
  TaskId,
  TaskInfo,
  TreeQuery,
  TreeReply,
} from "@asyncscope/protocol";
import { fail } from "../../errors.js";
import type { ExitReport } from "../../preload/options.js";
import type { LastState, ProgramFacts, TaskBackend } from "../../tasks/backend.js";
import type { RecordingBackend } from "../../tasks/timeline-recorder.js";
import type { FrameView } from "../../target/execution.js";
import type { Page, Property, VariableContainer } from "../../target/values.js";
import { AsyncFrame } from "./async-frame.js";
import { AsyncFunctions, type Anchor } from "./async-functions.js";
import type { CdpConnection } from "./cdp/connection.js";
import {
  ANSWER_TIMEOUT_MS,
  withTimeout,
  type InspectorAccess,
  type ProgramEvent,
} from "./inspector-access.js";
import type { Scripts, SourcePosition } from "./scripts.js";
import { labelFrame, positionFrame } from "./static-frames.js";
import {
  generatorPosition,
  generatorState,
  SuspendedFrame,
  type GeneratorPosition,
  type GeneratorState,
} from "./suspended-frames.js";
import { Values } from "./values/values.js";

const MAX_FRAMES = 50;

/** Tasks of a Node program, through its inspector object and V8's knowledge of generators. */
export class NodeTaskBackend implements TaskBackend, RecordingBackend {
  readonly #cdp: CdpConnection;
  readonly #scripts: Scripts;
  readonly #access: InspectorAccess;
  readonly #functions: AsyncFunctions;
  readonly #sites = new Map<SiteId, Site>();
  #knownSites: SiteId = 0;
  #groups = 0;
  /** Does something for which the program stands still. */
  whileStopped: <T>(work: () => Promise<T>) => Promise<T> = (work) => work();
  /** The inspector's events, and the last state that the program sent when it ended. */
  onEvent: (
    event:
      Exclude<InspectorEvent, HaltEvent> | { readonly type: "exit"; readonly last: LastState | undefined },
  ) => void = () => undefined;

  constructor(cdp: CdpConnection, scripts: Scripts, access: InspectorAccess) {
    this.#cdp = cdp;
    this.#scripts = scripts;
    this.#access = access;
    this.#functions = new AsyncFunctions(cdp, (work) => this.whileStopped(work));
  }

  get ready(): boolean {
    return this.#access.ready;
  }

  get problem(): string | undefined {
    return this.#access.problem;
  }

  probe(): Promise<void> {
    return this.#access.probe();
  }

  receive(event: ProgramEvent): void {
    if (event.type === "log" || event.type === "halt") return;
    if (event.type !== "exit") {
      this.onEvent(event);
      return;
    }
    this.onEvent({ type: "exit", last: event.tree === "" ? undefined : this.#lastState(event) });
  }

  #lastState({
    tree: treeText,
    resources: resourcesText,
    diagnosis: diagnosisText,
    chains,
    recording,
    pid,
    node,
    program,
  }: ExitReport): LastState {
    const tree = JSON.parse(treeText) as TreeReply;
    const resources = resourcesText === "" ? undefined : (JSON.parse(resourcesText) as ResourceReply);
    const diagnosis = diagnosisText === "" ? undefined : (JSON.parse(diagnosisText) as DiagnosisReply);
    this.#learn([...tree.sites, ...(resources?.sites ?? []), ...(diagnosis?.sites ?? [])]);
    const runtime = this.#access.hello?.runtimeVersion ?? "";
    const chunks = recording.map((text) => JSON.parse(text) as RecordingChunk);
    return { tree, resources, diagnosis, chains, recording: chunks, facts: { program, pid, node, runtime } };
  }

  async about(): Promise<ProgramFacts> {
    const answer = this.#cdp.send("Runtime.evaluate", {
      expression: "[process.version, process.argv[1] ?? process.title]",
      returnByValue: true,
      silent: true,
      disableBreaks: true,
    });
    const { result } = await withTimeout(answer, ANSWER_TIMEOUT_MS);
    const [node, program] = (Array.isArray(result.value) ? result.value : []) as unknown[];
    const { pid = 0, runtimeVersion = "" } = this.#access.hello ?? {};
    // The program can have put anything there.
    const text = (value: unknown): string => (typeof value === "string" ? value : "");
    return { program: text(program), pid, node: text(node), runtime: runtimeVersion };
  }

  async tree(query: TreeQuery): Promise<TreeReply> {
    const reply = await this.#access.json<TreeReply>("tree", { ...query, knownSites: this.#knownSites });
    this.#learn(reply.sites);
    return reply;
  }

  futures(query: FutureQuery): Promise<FutureReply> {
    return this.#list("futures", query);
  }

  groups(query: GroupQuery): Promise<GroupReply> {
    return this.#list("groups", query);
  }

  resources(query: ResourceQuery): Promise<ResourceReply> {
    return this.#list("resources", query);
  }

  diagnosis(query: DiagnosisQuery): Promise<DiagnosisReply> {
    return this.#list("diagnosis", query);
  }

  suspensions(query: SuspensionQuery): Promise<SuspensionReply> {
    return this.#list("suspensions", query);
  }

  longWaits(query: LongWaitQuery): Promise<LongWaitReply> {
    return this.#list("longWaits", query);
  }

  /** A list with the sites that it mentions and that have not travelled yet. */
  async #list<R extends { readonly sites: readonly Site[] }>(
    method: "resources" | "groups" | "futures" | "diagnosis" | "suspensions" | "longWaits",
    query: object,
  ): Promise<R> {
    const reply = await this.#access.json<R>(method, { ...query, knownSites: this.#knownSites });
    this.#learn(reply.sites);
    return reply;
  }

  async chain(task: TaskId, limit: number): Promise<ChainReply> {
    const reply = await this.#access.json<ChainReply>("chain", task, limit);
    this.#learn(reply.sites);
    return reply;
  }

  async cancel(task: TaskId, message: string): Promise<boolean> {
    return (await this.#access.plain("cancel", task, message)) === true;
  }

  async watch(tasks: readonly TaskId[]): Promise<void> {
    await this.#access.plain("watch", tasks);
  }

  startRecording(options: RecordingOptions): Promise<RecordingState> {
    return this.#access.json<RecordingState>("startRecording", options);
  }

  stopRecording(): Promise<RecordingState> {
    return this.#access.json<RecordingState>("stopRecording");
  }

  recordingChunk(query: RecordingQuery): Promise<RecordingChunk> {
    return this.#access.json<RecordingChunk>("recordingChunk", query);
  }

  async dropRecording(): Promise<void> {
    await this.#access.plain("dropRecording");
  }

  /** A site travels once, so what came must be kept. */
  #learn(sites: readonly Site[]): void {
    for (const site of sites) {
      this.#sites.set(site.id, site);
      if (site.id === this.#knownSites + 1) this.#knownSites = site.id;
    }
    while (this.#sites.has(this.#knownSites + 1)) this.#knownSites++;
  }

  site(id: SiteId): Site | undefined {
    return this.#sites.get(id);
  }

  sites(): Iterable<Site> {
    return this.#sites.values();
  }

  async resolveSite({ url, line, column, functionName }: Site): Promise<SourceLocation | undefined> {
    let script = this.#scripts.byUrl(url) ?? this.#scripts.byPath(url);
    if (script === undefined) {
      await this.#scripts.lookUp().catch(() => undefined);
      script = this.#scripts.byUrl(url) ?? this.#scripts.byPath(url);
    }
    if (script !== undefined) return this.#location(script.id, line, column, functionName);
    const position = await this.#scripts.positionInFile(url, line, column);
    return position === undefined
      ? undefined
      : { path: position.path, line: position.line, column: position.column, functionName };
  }

  async #location(
    scriptId: string | undefined,
    line: number,
    column: number,
    functionName: string,
  ): Promise<SourceLocation | undefined> {
    if (scriptId === undefined) return undefined;
    const position = await this.#position(scriptId, line, column);
    if (position === undefined) return undefined;
    return { path: position.path, line: position.line, column: position.column, functionName };
  }

  async #position(scriptId: string, line: number, column: number): Promise<SourcePosition | undefined> {
    if (this.#scripts.byId(scriptId) === undefined) await this.#scripts.lookUp();
    return this.#scripts.position(this.#scripts.byId(scriptId), line, column);
  }

  async locations(tasks: readonly TaskId[]): Promise<(SourceLocation | undefined)[]> {
    return this.#withGroup(async (group) => {
      const objects = await this.#access.objects(group, "topFrameObjects", tasks);
      return Promise.all(
        objects.map(async (object) => {
          const at = object === undefined ? undefined : await generatorPosition(this.#cdp, object);
          return at === undefined ? undefined : this.#stateLocation(at);
        }),
      );
    });
  }

  async frameLocations(task: TaskId, limit: number): Promise<(SourceLocation | undefined)[]> {
    return this.#withGroup(async (group) => {
      const states = await this.#states(task, group, limit);
      return Promise.all(
        states.map(async (state) => (state === undefined ? undefined : this.#stateLocation(state))),
      );
    });
  }

  #stateLocation(at: GeneratorPosition): Promise<SourceLocation | undefined> {
    return this.#location(at.scriptId, at.line, at.column, at.functionName);
  }

  async #states(task: TaskId, group: string, limit: number): Promise<(GeneratorState | undefined)[]> {
    const objects = await this.#access.objects(group, "frameObjects", task, limit);
    return Promise.all(
      objects.map(async (object) => (object === undefined ? undefined : generatorState(this.#cdp, object))),
    );
  }

  /** Of each frame that is an async function: what leads to it. */
  async #anchors(task: TaskId, group: string): Promise<(Anchor | undefined)[]> {
    const values = await this.#access.values(group, "frameAnchors", task, MAX_FRAMES);
    const anchors: (Anchor | undefined)[] = [];
    for (let i = 0; i + 1 < values.length; i += 2) {
      const object = values[i];
      anchors.push(
        object?.objectId === undefined ? undefined : { object, number: Number(values[i + 1]?.value) },
      );
    }
    return anchors;
  }

  async #withGroup<T>(work: (group: string) => Promise<T>): Promise<T> {
    const objectGroup = `tasks-${++this.#groups}`;
    try {
      return await work(objectGroup);
    } finally {
      this.#cdp.send("Runtime.releaseObjectGroup", { objectGroup }).catch(() => undefined);
    }
  }

  async frames({ id: task, name: taskName, created }: TaskInfo): Promise<FrameView[]> {
    // Lives until the next look at this task: an expanded frame must stay readable.
    const group = `frames-${task}`;
    await this.#cdp.send("Runtime.releaseObjectGroup", { objectGroup: group });
    const values = new Values(this.#cdp, group);
    const [chain, states, anchors] = await Promise.all([
      this.chain(task, MAX_FRAMES),
      this.#states(task, group, MAX_FRAMES),
      this.#anchors(task, group),
    ]);
    const all = anchors.filter((anchor) => anchor !== undefined);
    if (!chain.found) return fail("taskGone", { task });
    const out: FrameView[] = [];
    for (const [i, info] of chain.frames.entries()) {
      const anchor = anchors[i];
      const found = anchor === undefined ? [states[i]] : await this.#functions.states(anchor);
      for (const state of found) {
        if (state === undefined) continue;
        const position = await this.#position(state.scriptId, state.line, state.column);
        if (position === undefined) continue;
        // Several: the frame stands for the outermost one.
        const names = [info.functionName, state.functionName];
        const name = (found.length > 1 ? names.reverse() : names).find((each) => each !== "");
        out.push(new SuspendedFrame(this.#cdp, state, values, name ?? "(anonymous)", position));
      }
      if (found[0] !== undefined) continue;
      const site = this.#sites.get(info.site);
      const location = site === undefined ? undefined : await this.resolveSite(site);
      if (location === undefined) continue;
      const name = info.functionName || "(anonymous)";
      const position = { ...location, script: undefined, skipped: false };
      out.push(
        anchor === undefined
          ? positionFrame(this.#cdp, name, position)
          : new AsyncFrame(this.#cdp, this.#functions, anchor, all, values, name, position),
      );
    }
    const site = this.#sites.get(created);
    const creator = site === undefined ? undefined : await this.resolveSite(site);
    if (creator !== undefined) {
      const name =
        creator.functionName === undefined || creator.functionName === ""
          ? "(anonymous)"
          : creator.functionName;
      out.push(labelFrame(`${taskName} created by`));
      out.push(positionFrame(this.#cdp, name, { ...creator, script: undefined, skipped: false }));
    }
    return out;
  }

  items(resource: number): VariableContainer {
    return {
      list: async ({ start = 0, count }: Page): Promise<Property[]> => {
        const group = `items-${resource}`;
        const values = new Values(this.#cdp, group);
        const list = await this.#access.object(group, "items", resource, start, Math.min(count || 100, 1000));
        const items = await values.view(list).children?.list({ filter: "indexed" });
        return (items ?? []).map((item) => ({
          ...item,
          name: String(Number(item.name) + start),
          readOnly: true,
        }));
      },
    };
  }
}
