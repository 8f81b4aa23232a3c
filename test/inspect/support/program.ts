import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "../../../scripts/lib/root.mjs";

/** How a program ended. */
export interface Ended {
  /** Null when it had to be killed after 20 s. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program of test/fixtures/inspect with the built package `asyncscope`, as a user's program has it. */
export async function runFixture(
  name: string,
  options: { args?: readonly string[]; nodeArgs?: readonly string[]; env?: Record<string, string> } = {},
): Promise<Ended> {
  const file = join(root, "test/fixtures/inspect", name);
  const child = spawn(process.execPath, [...(options.nodeArgs ?? []), file, ...(options.args ?? [])], {
    env: { ...process.env, NODE_OPTIONS: "", ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const killer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  clearTimeout(killer);
  return { code, stdout, stderr };
}

/** As {@link runFixture}, for a program that writes one JSON document; fails when it fails. */
export async function fixtureSays<T>(...args: Parameters<typeof runFixture>): Promise<T> {
  const { code, stdout, stderr } = await runFixture(...args);
  if (code !== 0) throw new Error(`the program ended with ${code}:\n${stderr}${stdout}`);
  return JSON.parse(stdout) as T;
}
