import { execFile } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, isAbsolute, join, resolve } from "node:path";
import { fail } from "../../../errors.js";

/** Oldest Node the debugger works with. */
const OLDEST = [20, 11] as const;
const PROBE_TIMEOUT_MS = 5000;

export interface NodeRuntime {
  /** Absolute path. */
  readonly path: string;
  readonly major: number;
  readonly minor: number;
}

const known = new Map<string, Promise<NodeRuntime>>();

/**
 * Finds the executable and makes sure that it is a Node we can debug. The answer is remembered per file and
 * modification time, so that a second start does not ask again.
 */
export function checkRuntime(
  executable: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<NodeRuntime> {
  const path = findExecutable(executable, cwd, env) ?? fail("runtimeMissing", { runtime: executable });
  const key = `${path}\0${statSync(path).mtimeMs}`;
  let answer = known.get(key);
  if (answer === undefined) {
    known.set(key, (answer = probe(path, executable, env)));
    answer.catch(() => known.delete(key));
  }
  return answer;
}

async function probe(
  path: string,
  executable: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<NodeRuntime> {
  // NODE_OPTIONS of the user must neither slow the question down nor make it fail.
  const { NODE_OPTIONS: _, ...rest } = env;
  const output = await new Promise<string>((done) => {
    execFile(
      path,
      ["--version"],
      { timeout: PROBE_TIMEOUT_MS, env: rest, encoding: "utf8" },
      (error, out, err) => {
        if (error !== null && out === "")
          done(`\0${error.killed === true ? "no answer" : err.split("\n")[0] || error.message}`);
        else done(out.trim());
      },
    );
  });
  if (output.startsWith("\0")) fail("runtimeFailed", { runtime: executable, detail: output.slice(1) });
  const version = /^v(\d+)\.(\d+)\.\d+/.exec(output);
  if (version === null) {
    const what = /^deno /i.test(output)
      ? "it is Deno"
      : /^\d+\.\d+\.\d+/.test(output) && /bun/i.test(path)
        ? "it is Bun"
        : `it answers ${JSON.stringify(output.slice(0, 60))} to --version`;
    fail("runtimeForeign", { runtime: executable, what });
  }
  const [major, minor] = [Number(version[1]), Number(version[2])];
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    fail("runtimeTooOld", { runtime: executable, version: output.slice(1) });
  return { path, major, minor };
}

/** Looks a name up as a shell would, without one. */
export function findExecutable(
  executable: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const windows = process.platform === "win32";
  const endings = windows ? ["", ...(env["PATHEXT"] ?? ".COM;.EXE;.BAT;.CMD").split(";")] : [""];
  const folders = isAbsolute(executable)
    ? [""]
    : executable.includes("/") || (windows && executable.includes("\\"))
      ? [cwd]
      : (env["PATH"] ?? env["Path"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const folder of folders)
    for (const ending of endings) {
      const path = folder === "" ? executable + ending : resolve(join(folder, executable + ending));
      if (isExecutableFile(path)) return path;
    }
  return undefined;
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/** Whether this Node runs `.ts` files as they are. */
export function stripsTypes({ major, minor }: NodeRuntime): boolean {
  return major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);
}
