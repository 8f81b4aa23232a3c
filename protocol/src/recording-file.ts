/**
 * A recording as a file (`.taskrec`), and as it travels from the debug adapter to a timeline: JSON objects, one a line.
 * Lines may come in any order but for the header; readers ignore keys that they do not know.
 *
 * Numbers of time are whole tenths of a microsecond since the start of the recording.
 */
import type { ResourceId, SiteId } from "./inspector.js";

/** Raised when a line changes its meaning. */
export const RECORDING_VERSION = 1;

/** Tenths of a microsecond in a millisecond. */
export const TICKS = 10_000;

/** The first line. */
export interface RecordingHeader {
  readonly asyncscope: "recording";
  readonly version: number;
  /** Path of the program's main file, or its title. */
  readonly program: string;
  readonly pid: number;
  /** `v20.11.0` */
  readonly node: string;
  /** Version of the asyncscope runtime in it. */
  readonly runtime: string;
  /** When it began, ISO 8601. */
  readonly time: string;
}

/**
 * Some events, at most 2000, one after the other in `events`: the {@link EventType}, the time since the event before it
 * (of the first: since `at`), then
 *
 * | type | numbers |
 * |---|---|
 * | created | task, creator, function, site, flags, name |
 * | scheduled | task, by |
 * | entered | task |
 * | left | task, kind, a, b, function, site, text |
 * | done | task, kind, name |
 * | named | task, name |
 * | idle | microseconds |
 * | cancelled | task, by |
 * | ran | task |
 *
 * Functions count from 1 over all lines. A name or text is its place in `texts` from 1, 0 when there is none; the name
 * -N of `created` means `Task-N`.
 */
export interface EventsLine {
  readonly at: number;
  readonly events: readonly number[];
  readonly texts?: readonly string[];
}

/** Functions behind those of earlier lines. */
export interface FunctionsLine {
  readonly functions: readonly string[];
}

/** Primitives that somebody waited for: `Queue jobs`. */
export interface ResourcesLine {
  readonly resources: readonly (readonly [id: ResourceId, label: string])[];
}

/** Positions in the sources, 1-based. */
export interface SitesLine {
  readonly sites: readonly (readonly [
    id: SiteId,
    path: string,
    line: number,
    column: number,
    functionName: string,
  ])[];
}

/** So many events were overwritten in the program before they could be read. They belong here. */
export interface LostLine {
  readonly lost: number;
}

/** The last line: without it the recording goes on, or its file was cut off. */
export interface EndLine {
  readonly end: {
    readonly at: number;
    /** How many events there are. */
    readonly events: number;
    /** Tasks that were there before the recording and are not in it. */
    readonly hiddenTasks: number;
  };
}

/** `asyncscope/recordingStart`: begins a recording; one that was there is dropped. Body: {@link RecordingBody}. */
export interface RecordingStartArguments {
  /** See {@link RecordingOptions.capacity}. */
  readonly capacity?: number;
}

/**
 * What there is of a recording. Also of `asyncscope/recordingStop` (ends it; it stays to be read) and
 * `asyncscope/recordingState`.
 */
export interface RecordingBody {
  /** `full`: ended by itself, at 256 MB. `ended`: with its program. */
  readonly state: "none" | "recording" | "stopped" | "full" | "ended";
  /** Differs from recording to recording. */
  readonly id: number;
  /** Lines that can be asked for. */
  readonly lines: number;
  readonly events: number;
  /** Events that were overwritten in the program before they could be read. */
  readonly lost: number;
  /** How long it has recorded, in milliseconds. */
  readonly duration: number;
}

/** `asyncscope/recordingData`: the next lines of the recording, as of a file. */
export interface RecordingDataArguments {
  /** Number of the first line wanted, from 0. */
  readonly from: number;
  /** Most characters, default and at most 2,000,000; one line comes in any case. */
  readonly limit?: number;
}
export interface RecordingDataBody extends RecordingBody {
  /** Lines, each with its newline. */
  readonly text: string;
  /** Number of the line behind them. */
  readonly next: number;
}
