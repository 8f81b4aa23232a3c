import { build } from "esbuild";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/lib/root.mjs";

/** How a program ended. */
export interface Ended {
  /** Null when it had to be killed after 5 s. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds. */
  readonly took: number;
}

/** Runs a TypeScript program that imports `asyncscope` in a process of its own, for at most 5 s. */
export async function runProgram(source: string): Promise<Ended> {
  const folder = mkdtempSync(join(tmpdir(), "asyncscope-program-"));
  try {
    const file = join(folder, "program.mjs");
    await build({
      stdin: { contents: source, resolveDir: join(root, "test"), loader: "ts" },
      outfile: file,
      bundle: true,
      platform: "node",
      format: "esm",
      target: "node20",
      conditions: ["asyncscope-source"],
      define: { ASYNCSCOPE_VERSION: '"0.0.0-test"' },
      logLevel: "silent",
    });
    return await execute(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function execute(file: string): Promise<Ended> {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--expose-gc", file], { stdio: ["ignore", "pipe", "pipe"] });
    const kill = setTimeout(() => child.kill("SIGKILL"), 5000);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(kill);
      resolve({ code, stdout, stderr, took: performance.now() - started });
    });
  });
}
