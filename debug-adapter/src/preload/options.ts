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

/** Prefix of what the preload itself says through the event binding when the program ends. */
export const EXIT_EVENT = "exit";
