import { build } from "esbuild";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/lib/root.mjs";

/** How a program ended. */
export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null;
  /** SIGKILL when it had to be killed after 5 s. */
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Milliseconds. */
  readonly took: number;
}

export interface ProgramOptions {
  /** Sent one after the other, each when its text is there on stdout. */
  readonly signals?: readonly { readonly after: string; readonly send: NodeJS.Signals }[];
  readonly env?: Readonly<Record<string, string>>;
  /** Default: an ES module. CommonJS has no top-level await. */
  readonly format?: "esm" | "cjs";
}

/** Runs a TypeScript program that imports `asyncscope` in a process of its own, for at most 5 s. */
export async function runProgram(source: string, options: ProgramOptions = {}): Promise<Ended> {
  const { format = "esm" } = options;
  const folder = mkdtempSync(join(tmpdir(), "asyncscope-program-"));
  try {
    const file = join(folder, format === "esm" ? "program.mjs" : "program.cjs");
    await build({
      stdin: { contents: source, resolveDir: join(root, "test"), loader: "ts" },
      outfile: file,
      bundle: true,
      platform: "node",
      format,
      target: "node20",
      conditions: ["asyncscope-source"],
      define: { ASYNCSCOPE_VERSION: '"0.0.0-test"' },
      logLevel: "silent",
    });
    return await execute(file, options);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function execute(file: string, options: ProgramOptions): Promise<Ended> {
  const { signals = [], env = {} } = options;
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ["--expose-gc", file], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    const kill = setTimeout(() => child.kill("SIGKILL"), 30_000);
    let stdout = "";
    let stderr = "";
    let sent = 0;
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      const next = signals[sent];
      if (next === undefined || !stdout.includes(next.after)) return;
      sent++;
      child.kill(next.send);
    });
    child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(kill);
      resolve({ code, signal, stdout, stderr, took: performance.now() - started });
    });
  });
}
