import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { fail, messageOf } from "../../../errors.js";

/** Reads a file of `NAME=value` lines by Node's own rules. */
export function readEnvFile(file: string): Record<string, string> {
  try {
    return parseEnv(readFileSync(file, "utf8")) as Record<string, string>;
  } catch (error) {
    return fail("envFile", { file, detail: messageOf(error) });
  }
}

/** The environment of the program: ours, then the file's, then `env`, where `null` takes a variable away. */
export function programEnvironment(
  envFile: string | undefined,
  env: Readonly<Record<string, string | null>>,
): Record<string, string | undefined> {
  const merged: Record<string, string | undefined> = { ...process.env };
  // The editor's own process switches; a program must not inherit them.
  delete merged["ELECTRON_RUN_AS_NODE"];
  delete merged["VSCODE_INSPECTOR_OPTIONS"];
  if (envFile !== undefined) Object.assign(merged, readEnvFile(envFile));
  for (const [name, value] of Object.entries(env))
    if (value === null) Reflect.deleteProperty(merged, name);
    else merged[name] = value;
  return merged;
}
