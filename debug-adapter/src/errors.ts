/**
 * Every error a request can answer with. One number each, never reused; the text says what to do next.
 * `{name}` is filled in from the arguments of {@link fail}.
 */
export const ERRORS = {
  // Protocol
  unknownCommand: [1001, "The debug adapter does not know the request '{command}'.", false],
  badArguments: [1002, "The request '{command}' has wrong arguments: {detail}", false],
  notInitialized: [1003, "The request '{command}' came before 'initialize'. Send 'initialize' first.", false],
  alreadyInitialized: [1004, "'initialize' was sent twice. Start a new session instead.", false],
  alreadyStarted: [1005, "This session has a program already. Start a new session for another one.", true],
  notStarted: [1006, "The request '{command}' needs a program. Send 'launch' or 'attach' first.", false],
  ended: [1007, "The program has ended, so '{command}' cannot be answered. Start it again.", false],
  internal: [1008, "'{command}' failed inside the debug adapter: {detail}", false],
  disposed: [1009, "The session is being closed; '{command}' was not carried out.", false],
  // Launch
  programMissing: [
    2001,
    "The program '{program}' does not exist. Correct \"program\" in launch.json (it is taken relative to {cwd}).",
    true,
  ],
  programIsFolder: [
    2002,
    "The program '{program}' is a folder. Name a file in it in \"program\" of launch.json.",
    true,
  ],
  programNotGiven: [
    2003,
    'Nothing to run: set "program" in launch.json to a JavaScript or TypeScript file.',
    true,
  ],
  cwdMissing: [2004, "The working directory '{cwd}' does not exist. Correct \"cwd\" in launch.json.", true],
  runtimeMissing: [
    2005,
    "'{runtime}' was not found. Install Node 20 or later, or set \"runtimeExecutable\" in launch.json to its path.",
    true,
  ],
  runtimeTooOld: [
    2006,
    "'{runtime}' is Node {version}; version 20.11 or later is needed. Set \"runtimeExecutable\" to a newer one.",
    true,
  ],
  runtimeForeign: [
    2007,
    "'{runtime}' is not Node ({what}). Set \"runtimeExecutable\" in launch.json to a Node 20 or later.",
    true,
  ],
  runtimeFailed: [
    2008,
    "'{runtime}' could not be started: {detail}. Check \"runtimeExecutable\" in launch.json.",
    true,
  ],
  envFile: [2009, "The file '{file}' of \"envFile\" cannot be read: {detail}", true],
  noConnection: [
    2010,
    "The program started but did not open its debug connection within {seconds} s{detail}. If it starts other programs, debug those instead; otherwise start it again.",
    true,
  ],
  inspectorRefused: [
    2011,
    "The program could not open its debug port: {detail}. With --permission add --allow-inspector; otherwise check NODE_OPTIONS.",
    true,
  ],
  endedEarly: [2012, "The program ended before it could be debugged ({detail}).", true],
  terminalRefused: [
    2013,
    'The terminal could not be opened: {detail}. Set "console" to "internalConsole".',
    true,
  ],
  typescript: [2014, "{program} is TypeScript, and nothing here can run it: {detail}", true],
  badConnection: [2015, "The debug connection to the program broke: {detail}", false],
  // Attach
  attachNothing: [
    2101,
    'Nothing to attach to: set "processId", "port" or "websocketUrl" in launch.json.',
    true,
  ],
  attachRefused: [2104, "{detail}", true],
  attachNotLocal: [
    2102,
    "'{address}' is not this machine. The debug port gives full control of a program, so only 127.0.0.1, ::1 and localhost are allowed; use an SSH tunnel for another machine.",
    true,
  ],
  attachFailed: [
    2103,
    "No Node debugger answers at {address}: {detail}. Start the program with --inspect={address} and try again.",
    true,
  ],
  // While debugging
  notPaused: [3001, "The program is running; pause it first.", false],
  staleFrame: [
    3002,
    "This stack frame is gone: the program has moved on. Select a frame of the present stop.",
    false,
  ],
  staleReference: [3003, "These variables are gone: the program has moved on. Expand them again.", false],
  unknownThread: [3004, "There is no thread {threadId} any more. Refresh the Call Stack.", false],
  evaluateFailed: [3005, "{detail}", false],
  sideEffects: [3006, "This expression may change the program, so it is not evaluated on hover.", false],
  evaluateTimeout: [3007, "The expression took longer than {milliseconds} ms and was stopped.", false],
  cannotSet: [3008, "'{name}' cannot be changed: {detail}", true],
  suspendedReadOnly: [
    3009,
    "'{name}' belongs to a suspended task: its variables can be read, not changed. Set a breakpoint in the task and change it there.",
    true,
  ],
  blocked: [
    3010,
    "The program does not answer within 1 s: its thread is inside a native call that does not return, such as a synchronous child process or file operation. What is shown is the last state seen.",
    false,
  ],
  stepSuspended: [
    3011,
    "This task is suspended ({wait}); it goes on by itself. Set a breakpoint where it will resume to step from there.",
    true,
  ],
  variablesNotRead: [
    3014,
    "The variables of this async function have not been read yet: open its Locals in the Variables view, or type the expression in the Debug Console.",
    false,
  ],
  variablesNotFound: [
    3015,
    "The variables of this async function are gone. Either it has gone on meanwhile, or nothing in the program can resume it any more: then it waits for ever.",
    false,
  ],
  snapshotFailed: [3016, "The heap of the program could not be read: {detail}", true],
  noSource: [3012, "The source '{source}' is not available: {detail}", false],
  gotoUnsupported: [3013, "{detail}", false],
  // Tasks
  noTasks: [
    4001,
    "This program has no asyncscope runtime yet; tasks appear when it imports 'asyncscope' or one of its async functions waits.",
    false,
  ],
  versionMismatch: [
    4002,
    "The program's asyncscope runtime speaks protocol {theirs} (runtime {runtime}), the debugger speaks {ours}. Install matching versions: npm install asyncscope@latest, and update the extension.",
    true,
  ],
  endedWithoutTasks: [
    4005,
    "The program has ended, and no task of it was ever seen: there is nothing to dump.",
    true,
  ],
  dumpFile: [
    4006,
    "The task dump could not be written to '{file}': {detail}. Set \"dumpFolder\" in launch.json (or the setting asyncscope.dumpFolder) to a folder that can be written to.",
    true,
  ],
  taskGone: [4003, "Task {task} is gone: it has finished. Refresh the Tasks view.", false],
  snapshotNeedless: [
    4007,
    "This program tells its tasks itself: there is no need to look for them in its heap.",
    true,
  ],
  tooManyPins: [4004, "{limit} tasks are pinned already; unpin one first.", true],
} as const satisfies Record<string, readonly [number, string, boolean]>;

export type ErrorName = keyof typeof ERRORS;

/** An error a request answers with. */
export class AdapterError extends Error {
  readonly id: number;
  readonly showUser: boolean;
  readonly values: Readonly<Record<string, string>>;

  constructor(
    readonly kind: ErrorName,
    values: Readonly<Record<string, string | number>> = {},
  ) {
    const [id, format, showUser] = ERRORS[kind];
    const texts = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
    super(format.replace(/\{(\w+)\}/g, (_, name: string) => texts[name] ?? ""));
    this.name = "AdapterError";
    this.id = id;
    this.showUser = showUser;
    this.values = texts;
  }
}

/** Throws the error of that name. */
export function fail(kind: ErrorName, values: Readonly<Record<string, string | number>> = {}): never {
  throw new AdapterError(kind, values);
}

/** The message of whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
