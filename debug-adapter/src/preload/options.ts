/**
 * What the adapter hands to the preload, as JSON in one environment variable that the preload deletes before
 * any other code can read it.
 */
export interface PreloadOptions {
  /** Where {@link PreloadReport} is written; lies in a private directory that the adapter watches. */
  readonly reportFile: string;
  /** Version of the inspector protocol the adapter speaks. */
  readonly protocolVersion: number;
  /** The copy of the runtime used when `asyncscope` cannot be resolved from the program; "" for none. */
  readonly bundledRuntime: string;
  /** The module that strips types for a Node that cannot; "" when it is not needed. */
  readonly typeStripper: string;
  /** The module given to `module.register` where `module.registerHooks` does not exist. */
  readonly hooksModule: string;
  /** The loader that makes tasks of plain async functions; "" when it is not wanted. */
  readonly loader: string;
}

/** What the preload reports as soon as the inspector listens. */
export interface PreloadReport {
  readonly url?: string;
  readonly pid: number;
  /** Why there is no inspector. */
  readonly error?: string;
}

/** Name of the environment variable with {@link PreloadOptions}. */
export const PRELOAD_VARIABLE = "ASYNCSCOPE_LAUNCH";

/** Type of what the preload itself says through the event binding when the program ends. */
export const EXIT_EVENT = "exit";

/** The last that a program says. */
export interface ExitReport {
  readonly type: typeof EXIT_EVENT;
  readonly code: number;
  /** It ends because nothing was left that keeps it alive. */
  readonly drained: boolean;
  /** JSON of a `TreeReply` by creation; "" without a runtime. */
  readonly tree: string;
  /** JSON of a `ResourceReply`; "" without a runtime. */
  readonly resources: string;
  /** JSON of a `DiagnosisReply`; "" without a runtime, and with so many tasks that it would take long. */
  readonly diagnosis: string;
  /** Await chains of the tasks that wait, as far as there was time. */
  readonly chains: readonly ExitChain[];
  /** JSON of each `RecordingChunk` that nobody has read yet. */
  readonly recording: readonly string[];
  readonly pid: number;
  readonly node: string;
  readonly program: string;
}

/** What a program says at its end that `asyncscope run` has started: JSON, in the file that {@link RUN_VARIABLE} names. */
export interface RunReport extends ExitReport {
  /** The source map of each script that a site lies in, as the script names it, by URL; "" for none. */
  readonly maps: Readonly<Record<string, string>>;
}

/** Name of the environment variable with the file for a {@link RunReport}. */
export const RUN_VARIABLE = "ASYNCSCOPE_RUN_REPORT";

export interface ExitChain {
  readonly task: number;
  /** Innermost first. */
  readonly frames: readonly ExitFrame[];
  readonly hidden: number;
}

export interface ExitFrame {
  readonly functionName: string;
  readonly kind: "generator" | "async" | "native";
  readonly site: number;
  /** Where a generator stands, in the code as it runs; 1-based. */
  readonly at?: { readonly url: string; readonly line: number; readonly column: number };
}
