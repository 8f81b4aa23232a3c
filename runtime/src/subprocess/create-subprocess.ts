import { coroInternal } from "../core/coroutine.js";
import type { Coroutine, CoroutineGenerator } from "../core/coroutine.js";
import { getRunningLoop } from "../core/running-loop.js";
import type { StreamLimit } from "../streams/open-connection.js";
import { checkLimit } from "../streams/stream-reader.js";
import type { StreamReader } from "../streams/stream-reader.js";
import type { StreamWriter } from "../streams/stream-writer.js";
import type { Command, PIPE, SubprocessOptions, SubprocessShellOptions } from "./options.js";
import { Process } from "./process.js";
import { checkArguments, startSubprocess } from "./start.js";
import { SubprocessStreamProtocol } from "./stream-protocol.js";

/** The process that these options make: its streams are there where they are `PIPE`. */
export type ProcessOf<O extends SubprocessOptions> = Process<
  StreamOf<O, "stdin", StreamWriter>,
  StreamOf<O, "stdout", StreamReader>,
  StreamOf<O, "stderr", StreamReader>
>;

/** Options that are left out. */
export interface NoStreams {
  /** That of this program. */
  readonly stdin?: undefined;
  /** That of this program. */
  readonly stdout?: undefined;
  /** That of this program. */
  readonly stderr?: undefined;
}

type StreamOf<O, Name extends string, Stream> = Name extends keyof O
  ? O[Name] extends typeof PIPE
    ? Stream
    : typeof PIPE extends O[Name]
      ? Stream | null
      : null
  : null;

/**
 * Starts a program. Its stdin, stdout and stderr are those of this program unless said otherwise: `PIPE` makes a
 * stream of one. Cancelled meanwhile, it kills the process (rule SP-07).
 * @param args as they are, without quoting: no shell looks at them.
 * @throws an error with Node's `code`, and the reason in words: ENOENT, EACCES, …; ValueError for options that make no
 * sense (rule SP-11).
 * @example
 * const git = yield* createSubprocessExec("git", ["log", "-1"], { stdout: PIPE });
 * const [log] = yield* git.communicate();
 */
export function createSubprocessExec<O extends SubprocessOptions & StreamLimit = NoStreams>(
  program: string,
  args: readonly string[] = [],
  options?: O,
): Coroutine<ProcessOf<O>> {
  return create({ program, args, shell: undefined }, options) as unknown as Coroutine<ProcessOf<O>>;
}

/**
 * Starts a command line in a shell. Quote what comes from elsewhere, or use {@link createSubprocessExec}.
 * @throws as {@link createSubprocessExec}; a command that the shell does not find ends it with code 127.
 */
export function createSubprocessShell<O extends SubprocessShellOptions & StreamLimit = NoStreams>(
  command: string,
  options?: O,
): Coroutine<ProcessOf<O>> {
  const shell = options?.shell ?? true;
  return create({ program: command, args: [], shell }, options) as unknown as Coroutine<ProcessOf<O>>;
}

function create(command: Command, options: SubprocessShellOptions & StreamLimit = {}): Coroutine<Process> {
  checkArguments(command, options);
  if (options.limit !== undefined) checkLimit(options.limit);
  return creating(command, options);
}

const creating = coroInternal(function* createSubprocess(
  command: Command,
  options: SubprocessShellOptions & StreamLimit,
): CoroutineGenerator<Process> {
  const loop = getRunningLoop();
  const { limit } = options;
  const factory = (): SubprocessStreamProtocol => new SubprocessStreamProtocol({ limit, loop });
  const [transport, protocol] = yield* startSubprocess(loop, factory, command, options, null);
  return new Process(transport, protocol);
});
