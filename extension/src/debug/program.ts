/** Which programs can be started, and what to say of those that cannot. Nothing in this file knows the editor. */

const EXTENSIONS = /\.[cm]?[jt]s$/i;
/** What Node, or a loader given to it, may be able to run. */
const RUNNABLE = /\.(?:[cm]?[jt]sx?|es6|node|wasm)$|(?:^|[\\/])[^.\\/]+$/i;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "::1", "[::1]"]);

/** The document in the active editor, as far as it matters here. */
export interface OpenDocument {
  readonly scheme: string;
  /** File system path, or the untitled document's name. */
  readonly path: string;
}

/** Why a document cannot be debugged, in words that name the fix; undefined when it can. */
export function whyNotDebuggable(document: OpenDocument | undefined): string | undefined {
  if (!document)
    return "Open the JavaScript or TypeScript file to debug, or add a launch configuration that names a program.";
  if (document.scheme === "untitled")
    return `“${document.path}” has not been saved yet: save it as a .js, .mjs, .cjs, .ts, .mts or .cts file, then debug it.`;
  if (document.scheme !== "file")
    return `“${document.path}” is not a file on disk (${document.scheme}:): open the program from a folder to debug it.`;
  if (document.path.endsWith(".d.ts") || document.path.endsWith(".d.mts") || document.path.endsWith(".d.cts"))
    return `“${document.path}” only declares types: open the file that contains the program.`;
  if (!EXTENSIONS.test(document.path))
    return `“${document.path}” is not a program that Node runs: open a .js, .mjs, .cjs, .ts, .mts or .cts file, or add a launch configuration that names one.`;
  return undefined;
}

/** What is missing or wrong in a configuration after variables were filled in; undefined when nothing is. */
export function whatIsWrong(config: Readonly<Record<string, unknown>>): string | undefined {
  if (config["request"] === "attach") return wrongAttach(config);
  if (config["request"] !== "launch")
    return `The configuration's "request" must be "launch" or "attach", not ${quoted(config["request"])}.`;
  const program = config["program"];
  if (typeof program !== "string" || program.trim() === "")
    return 'The configuration has no "program": set it to the file to run, for example "${file}".';
  if (!RUNNABLE.test(program) && config["runtimeArgs"] === undefined)
    return `“${program}” is not a program that Node runs: set "program" to a .js, .mjs, .cjs, .ts, .mts or .cts file.`;
  for (const key of ["args", "runtimeArgs", "skipFiles", "outFiles"])
    if (config[key] !== undefined && !isStringArray(config[key]))
      return `"${key}" must be a list of strings, for example ["--flag", "value"].`;
  return undefined;
}

function wrongAttach(config: Readonly<Record<string, unknown>>): string | undefined {
  const { processId, port, websocketUrl, address } = config;
  if (processId !== undefined) {
    const isNumber =
      typeof processId === "number"
        ? Number.isInteger(processId) && processId > 0
        : typeof processId === "string" && /^[1-9]\d{0,9}$/.test(processId);
    return isNumber
      ? undefined
      : '"processId" must be the number of a process; "${command:PickProcess}" lets you choose one.';
  }
  if (port === undefined && websocketUrl === undefined)
    return 'The configuration has neither "processId" nor "port" nor "websocketUrl": set "processId" to "${command:PickProcess}" to choose a running program.';
  if (port !== undefined && !(Number.isInteger(port) && Number(port) > 0 && Number(port) < 65_536))
    return '"port" must be a whole number between 1 and 65535.';
  const host = websocketUrl === undefined ? address : hostOf(websocketUrl);
  if (host !== undefined && !(typeof host === "string" && LOOPBACK.has(host)))
    return `Asyncscope attaches on this machine only (127.0.0.1, ::1 or localhost), not to ${quoted(host)}: whoever reaches an inspector port can run code. Forward the port, for example with ssh -L, and attach to 127.0.0.1.`;
  return undefined;
}

function quoted(value: unknown): string {
  return value === undefined ? "missing" : JSON.stringify(value);
}

function hostOf(websocketUrl: unknown): string {
  try {
    return new URL(String(websocketUrl)).hostname;
  } catch {
    return String(websocketUrl);
  }
}

function isStringArray(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
