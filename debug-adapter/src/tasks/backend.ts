import type {
  ChainReply,
  DiagnosisQuery,
  DiagnosisReply,
  FrameInfo,
  LongWaitQuery,
  LongWaitReply,
  FutureQuery,
  FutureReply,
  GroupQuery,
  GroupReply,
  RecordingChunk,
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
import type { FrameView } from "../target/execution.js";
import type { VariableContainer } from "../target/values.js";

/** The program did not answer within the time given: its event loop is blocked. */
export class ProgramBlockedError extends Error {
  constructor() {
    super("The program does not answer: its event loop is blocked.");
    this.name = "ProgramBlockedError";
  }
}

/** Which program it is. */
export interface ProgramFacts {
  /** Path of its main file, or its title. */
  readonly program: string;
  readonly pid: number;
  /** `v20.11.0` */
  readonly node: string;
  /** Version of the asyncscope runtime in it. */
  readonly runtime: string;
}

/** What a program said of itself when it ended. */
export interface LastState {
  readonly tree: TreeReply;
  readonly resources: ResourceReply | undefined;
  readonly diagnosis: DiagnosisReply | undefined;
  readonly chains: readonly {
    readonly task: TaskId;
    readonly frames: readonly (FrameInfo & { readonly at?: Omit<Site, "id" | "functionName"> })[];
    readonly hidden: number;
  }[];
  /** What it recorded that nobody had read yet. */
  readonly recording: readonly RecordingChunk[];
  readonly facts: ProgramFacts;
}

/** What a program can say about its tasks. The model above knows nothing else of it. */
export interface TaskBackend {
  /** True once the program has an inspector we understand. */
  readonly ready: boolean;
  /** Why there will be no tasks, in words for the user. */
  readonly problem: string | undefined;
  /** What to say above its tasks, in words for the user. */
  readonly note?: string;
  /** Makes {@link ready} true when an inspector has come that has not been heard of yet. */
  probe(): Promise<void>;
  /** Rejects with {@link ProgramBlockedError} when the program does not answer in time. */
  tree(query: TreeQuery): Promise<TreeReply>;
  resources(query: ResourceQuery): Promise<ResourceReply>;
  diagnosis(query: DiagnosisQuery): Promise<DiagnosisReply>;
  suspensions(query: SuspensionQuery): Promise<SuspensionReply>;
  longWaits(query: LongWaitQuery): Promise<LongWaitReply>;
  futures(query: FutureQuery): Promise<FutureReply>;
  groups(query: GroupQuery): Promise<GroupReply>;
  chain(task: TaskId, limit: number): Promise<ChainReply>;
  cancel(task: TaskId, message: string): Promise<boolean>;
  watch(tasks: readonly TaskId[]): Promise<void>;
  /** Where suspended tasks stand, in the order asked. */
  locations(tasks: readonly TaskId[]): Promise<(SourceLocation | undefined)[]>;
  /** The position of each frame of a chain that is known better than by its site; undefined elsewhere. */
  frameLocations(task: TaskId, limit: number): Promise<(SourceLocation | undefined)[]>;
  /** A site in the user's sources. */
  resolveSite(site: Site): Promise<SourceLocation | undefined>;
  /** Sites by id, as they came with earlier replies. */
  site(id: SiteId): Site | undefined;
  /** All of them. */
  sites(): Iterable<Site>;
  /** The stack of a suspended task, innermost first, with its live variables, down to who created it. */
  frames(task: TaskInfo): Promise<FrameView[]>;
  /** Rejects with {@link ProgramBlockedError} when the program does not answer in time. */
  about(): Promise<ProgramFacts>;
  /** The items of a queue, indexed. */
  items(resource: number): VariableContainer;
}
