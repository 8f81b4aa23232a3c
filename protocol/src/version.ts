import type { HaltOptions } from "./stops.js";

/**
 * Version of the protocol between the inspector in the program, the debug adapter and the views.
 * Raised when a field changes its meaning or goes away; a new optional field does not raise it.
 * Both sides send theirs in the handshake ({@link InspectorHello}) and refuse a foreign one with a
 * message that names both versions.
 */
export const PROTOCOL_VERSION = 1;

/** Key on `globalThis` (through `Symbol.for`) under which the inspector of a program is found. */
export const INSPECTOR_KEY = "asyncscope.inspector";

/** Key on `globalThis` (through `Symbol.for`) at which the loader leaves the frames of plain async functions. */
export const FRAMES_KEY = "asyncscope.frames.1";

/**
 * Key on `globalThis` (through `Symbol.for`) that the preload sets to {@link ActivationOptions} before the
 * program starts: a runtime that loads and finds it enables its inspector at once.
 */
export const ACTIVATE_KEY = "asyncscope.activate";

/**
 * Key on `globalThis` (through `Symbol.for`) at which the preload leaves {@link WorkerPreload}: what threads of a pool
 * load first, to find modules as the program does.
 */
export const WORKER_PRELOAD_KEY = "asyncscope.worker-preload";

/** Name of the CDP binding (`Runtime.addBinding`) that the inspector calls with an {@link InspectorEvent}. */
export const EVENT_BINDING = "__asyncscope_event";

/** What the preload leaves at {@link ACTIVATE_KEY}. */
export interface ActivationOptions {
  /** {@link PROTOCOL_VERSION} of the one who asks. */
  readonly protocolVersion: number;
  /** Whether creation sites of tasks are captured (about 10 µs each, budgeted). Default true. */
  readonly captureSites?: boolean;
  /** At what the program stops from its first task on. */
  readonly haltAt?: HaltOptions;
}

/** What a preload leaves at {@link WORKER_PRELOAD_KEY}. */
export interface WorkerPreload {
  /** CommonJS, loaded before anything else. */
  readonly file: string;
  /** Environment variable that is set while it loads. */
  readonly variable: string;
  readonly value: string;
}
