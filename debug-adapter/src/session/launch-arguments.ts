import { dirname, isAbsolute, resolve } from "node:path";
import { fail } from "../errors.js";
import type {
  AttachConfiguration,
  DumpConfiguration,
  LaunchConfiguration,
  SourceConfiguration,
} from "../target/configuration.js";
import type { Arguments } from "./arguments.js";

const CONSOLES = ["internalConsole", "integratedTerminal", "externalTerminal"] as const;
const CONNECT_TIMEOUT_MS = 10_000;
const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|::1|\[::1\])$/i;

export function launchConfiguration(args: Arguments): LaunchConfiguration {
  const program = args.text("program");
  if (program === undefined || program.trim() === "") fail("programNotGiven");
  const given = args.text("cwd");
  const cwd = given === undefined ? (isAbsolute(program) ? dirname(program) : process.cwd()) : resolve(given);
  const console = args.text("console") ?? "internalConsole";
  const known = CONSOLES.find((name) => name === console);
  if (known === undefined) return args.wrong("console", `one of ${CONSOLES.join(", ")}`);
  const runtimeExecutable = args.text("runtimeExecutable") ?? "node";
  const envFile = args.text("envFile");
  return {
    program: resolve(cwd, program),
    args: args.texts("args"),
    cwd,
    env: args.textMap("env"),
    envFile: envFile === undefined ? undefined : resolve(cwd, envFile),
    runtimeExecutable: runtimeExecutable === "" ? "node" : runtimeExecutable,
    runtimeArgs: args.texts("runtimeArgs"),
    console: known,
    stopOnEntry: args.flag("stopOnEntry"),
    noDebug: args.flag("noDebug"),
    instrument: args.optionalFlag("instrument") ?? true,
    timeout: args.count("timeout") ?? CONNECT_TIMEOUT_MS,
  };
}

export function attachConfiguration(args: Arguments): AttachConfiguration {
  const processId = processIdOf(args);
  if (processId !== undefined) return { processId, websocketUrl: undefined, address: "127.0.0.1", port: 0 };
  const websocketUrl = args.text("websocketUrl");
  const port = args.count("port");
  const address = args.text("address") ?? "127.0.0.1";
  if (websocketUrl !== undefined) {
    let host: string;
    try {
      const url = new URL(websocketUrl);
      if (url.protocol !== "ws:") return args.wrong("websocketUrl", "a ws:// address");
      host = url.hostname;
    } catch {
      return args.wrong("websocketUrl", "a ws:// address");
    }
    if (!LOOPBACK.test(host)) fail("attachNotLocal", { address: host });
    return { processId, websocketUrl, address: host, port: 0 };
  }
  if (port === undefined) return fail("attachNothing");
  if (port < 1 || port > 65535) return args.wrong("port", "a port from 1 to 65535");
  if (!LOOPBACK.test(address)) fail("attachNotLocal", { address });
  return { processId, websocketUrl: undefined, address, port };
}

/** A number, or the text that an editor's picker puts there. */
function processIdOf(args: Arguments): number | undefined {
  const { processId } = args.raw as { readonly processId?: unknown };
  if (processId === undefined) return undefined;
  const number =
    typeof processId === "string" && /^\d{1,10}$/.test(processId) ? Number(processId) : processId;
  if (!Number.isInteger(number) || Number(number) < 1)
    return args.wrong("processId", "the number of a process");
  return Number(number);
}

const DUMP_MODES = ["never", "pending", "always"] as const;

/** @param cwd base of a relative folder. */
export function dumpConfiguration(args: Arguments, cwd: string): DumpConfiguration {
  const given = args.text("dumpOnExit") ?? "never";
  const onExit = DUMP_MODES.find((mode) => mode === given);
  if (onExit === undefined) return args.wrong("dumpOnExit", `one of ${DUMP_MODES.join(", ")}`);
  const folder = args.text("dumpFolder") ?? "";
  return { onExit, folder: folder === "" ? undefined : resolve(cwd, folder) };
}

export function sourceConfiguration(args: Arguments, root: string): SourceConfiguration {
  const overrides: Record<string, string> = {};
  for (const [pattern, target] of Object.entries(args.textMap("sourceMapPathOverrides")))
    if (target !== null) overrides[pattern] = target;
  return {
    sourceMaps: args.optionalFlag("sourceMaps") ?? true,
    outFiles: args.texts("outFiles"),
    sourceMapPathOverrides: overrides,
    skipFiles: args.texts("skipFiles"),
    root: root.replaceAll("\\", "/"),
  };
}
