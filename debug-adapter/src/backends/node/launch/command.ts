import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { PROTOCOL_VERSION } from "@asyncscope/protocol";
import { fail } from "../../../errors.js";
import { PRELOAD_VARIABLE, type PreloadOptions } from "../../../preload/options.js";
import type { LaunchConfiguration } from "../../../target/configuration.js";
import { programEnvironment } from "./env-file.js";
import { checkRuntime, stripsTypes, type NodeRuntime } from "./runtime-check.js";

/** Where the files built for the debugged program lie. */
export interface Assets {
  readonly preload: string;
  readonly hooks: string;
  readonly typeStripper: string;
  /** Folder with `esm/` and `cjs/` of the runtime; "" when there is none. */
  readonly runtime: string;
  /** The loader for plain async programs; "" when there is none. */
  readonly loader: string;
}

/** Finds {@link Assets} next to the adapter's own bundle. */
export function assetsIn(folder: string): Assets {
  const packaged = join(folder, "runtime");
  const built = join(folder, "..", "runtime", "dist");
  const runtime = [packaged, built].find((path) => existsSync(join(path, "esm", "index.js"))) ?? "";
  return {
    preload: join(folder, "preload.cjs"),
    hooks: join(folder, "preload-hooks.cjs"),
    typeStripper: join(folder, "preload-typescript.cjs"),
    runtime,
    loader: existsSync(join(runtime, "register.cjs")) ? join(runtime, "register.cjs") : "",
  };
}

/** A command line without a shell. */
export interface LaunchCommand {
  readonly executable: string;
  readonly args: readonly string[];
  /** The whole environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Only what differs from the adapter's own environment; `null` removes. For the editor's terminal. */
  readonly envChanges: Readonly<Record<string, string | null>>;
  readonly runtime: NodeRuntime;
}

/** Checks everything that can be wrong with a launch and builds its command line. */
export async function launchCommand(
  config: LaunchConfiguration,
  assets: Assets,
  reportFile: string,
): Promise<LaunchCommand> {
  if (statSync(config.cwd, { throwIfNoEntry: false })?.isDirectory() !== true)
    fail("cwdMissing", { cwd: config.cwd });
  const program = programFile(config);
  const env = programEnvironment(config.envFile, config.env);
  const runtime = await checkRuntime(config.runtimeExecutable, config.cwd, env);
  const typescript = typescriptSupport(program, runtime, config.runtimeArgs, assets);
  const runtimeArgs = [...typescript.args, ...config.runtimeArgs, program, ...config.args];
  if (config.noDebug && typescript.stripper === "" && assets.runtime === "")
    return { executable: runtime.path, args: runtimeArgs, env, envChanges: changes(env), runtime };
  const options: PreloadOptions = {
    reportFile: config.noDebug ? "" : reportFile,
    protocolVersion: PROTOCOL_VERSION,
    bundledRuntime: assets.runtime,
    typeStripper: typescript.stripper,
    hooksModule: assets.hooks,
    loader: config.instrument && !config.noDebug ? assets.loader : "",
  };
  const full = { ...env, [PRELOAD_VARIABLE]: JSON.stringify(options) };
  return {
    executable: runtime.path,
    args: ["--inspect-publish-uid=http", "--require", assets.preload, ...runtimeArgs],
    env: full,
    envChanges: changes(full),
    runtime,
  };
}

/** As Node does, a missing extension is tried with `.js`. */
function programFile({ program, cwd }: LaunchConfiguration): string {
  const found = [program, `${program}.js`].find(
    (path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true,
  );
  if (found !== undefined) return found;
  const stat = statSync(program, { throwIfNoEntry: false });
  if (stat === undefined) return fail("programMissing", { program, cwd });
  if (!stat.isDirectory()) return program;
  const index = join(program, "index.js");
  return existsSync(index) ? index : fail("programIsFolder", { program });
}

/** How a TypeScript program runs: by Node itself, by the user's own tsx, or by our type stripper. */
function typescriptSupport(
  program: string,
  runtime: NodeRuntime,
  runtimeArgs: readonly string[],
  assets: Assets,
): { readonly args: readonly string[]; readonly stripper: string } {
  const none = { args: [], stripper: "" };
  if (!/\.[cm]?tsx?$/.test(program)) return none;
  // The user brought a loader of their own.
  if (runtimeArgs.some((arg) => /^(--import|--loader|--experimental-loader|-r|--require)\b/.test(arg)))
    return none;
  // Node strips types itself, but refuses what has a run-time meaning (enum, parameter property): that is left to us.
  if (stripsTypes(runtime) && !program.endsWith(".tsx"))
    return { args: [], stripper: existsSync(assets.typeStripper) ? assets.typeStripper : "" };
  const tsx = resolveFrom(program, "tsx");
  if (tsx !== undefined) return { args: ["--import", pathToFileURL(tsx).href], stripper: "" };
  if (/\.tsx$/.test(program))
    fail("typescript", {
      program,
      detail: "for .tsx files install tsx next to it (npm install --save-dev tsx).",
    });
  if (!existsSync(assets.typeStripper))
    fail("typescript", {
      program,
      detail: "install tsx next to it (npm install --save-dev tsx), or use Node 22.18.",
    });
  // An --import makes Node start the program through its ES module loader, where a hook can decide what it is.
  return { args: ["--import", "data:text/javascript,"], stripper: assets.typeStripper };
}

function resolveFrom(program: string, specifier: string): string | undefined {
  try {
    return createRequire(join(dirname(program), "noop.js")).resolve(specifier);
  } catch {
    return undefined;
  }
}

function changes(env: Readonly<Record<string, string | undefined>>): Record<string, string | null> {
  const changed: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(env))
    if (value !== undefined && process.env[name] !== value) changed[name] = value;
  for (const name of Object.keys(process.env)) if (env[name] === undefined) changed[name] = null;
  return changed;
}
