/**
 * Loaded into the process of a test runner: when a test takes longer than it may, the tasks of the process are written
 * to a file, and the test's failure says where it is and what is wrong.
 *
 *   mocha --require asyncscope/dump-on-timeout
 *   node --test --import asyncscope/dump-on-timeout
 *   vitest: test: { setupFiles: ["asyncscope/dump-on-timeout"] }
 */
import { messageOf } from "../errors.js";
import { cleanText } from "../text/plain-text.js";
import { dumpTasks, recordTasks } from "./dump-tasks.js";

/** Findings told beside a failure; all are in the file. */
const MOST_FINDINGS = 3;
/** Nothing waits longer for a dump. Milliseconds. */
const DEADLINE = 5000;

recordTasks();

/** Lines for whoever reads the failure of a test; "" when there is nothing to say. Never rejects. */
async function afterTimeout(test: string): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve("The tasks could not be dumped: that took too long."), DEADLINE);
  });
  try {
    return await Promise.race([describeDump(test), late]);
  } catch (error) {
    return `The tasks could not be dumped: ${messageOf(error)}`;
  } finally {
    clearTimeout(timer);
  }
}

async function describeDump(test: string): Promise<string> {
  const dump = await dumpTasks({ name: test });
  if (dump === undefined) return "";
  const findings = dump.findings.slice(0, MOST_FINDINGS).map((text) => cleanText(text, 600));
  const pending = `${dump.pending} ${dump.pending === 1 ? "task" : "tasks"} pending`;
  return [...findings, `Task dump (${pending}): ${dump.file}`].join("\n");
}

interface Failure {
  message?: string;
  stack?: string | undefined;
}

/** Reporters show either: what is added stands behind the message in both. */
function addTo(error: Failure, text: string): void {
  if (text === "") return;
  const { message = "", stack } = error;
  error.message = `${message}\n${text}`;
  if (typeof stack === "string") error.stack = stack.replace(message, () => error.message ?? "");
}

interface MochaContext {
  readonly currentTest?: {
    readonly err?: Failure & { readonly code?: unknown };
    readonly timedOut?: boolean;
    fullTitle(): string;
  };
  timeout(milliseconds: number): unknown;
}

/** Root hooks of mocha, which asks a required module for them. */
export const mochaHooks = {
  async afterEach(this: MochaContext): Promise<void> {
    const test = this.currentTest;
    if (test?.timedOut !== true) return;
    this.timeout(DEADLINE * 2);
    const text = await afterTimeout(test.fullTitle());
    if (test.err === undefined) process.stderr.write(`${text}\n`);
    else addTo(test.err, text);
  },
};

interface NodeTestContext {
  readonly name: string;
  readonly fullName?: string;
  readonly signal: AbortSignal;
  diagnostic(message: string): void;
}

/** Of `node --test`, in the process of a test file. */
async function joinNodeTest(): Promise<void> {
  const nodeTest = await import("node:test");
  nodeTest.afterEach(async (context) => {
    const test = context as unknown as NodeTestContext;
    // A test that was cancelled for another reason has hung as well.
    if (!test.signal.aborted) return;
    const text = await afterTimeout(test.fullName ?? test.name);
    for (const line of text.split("\n")) if (line !== "") test.diagnostic(line);
  });
}

interface VitestModule {
  readonly afterEach: (
    hook: (context: { readonly task: VitestTask }) => Promise<void>,
    timeout: number,
  ) => void;
}
interface VitestTask {
  readonly name: string;
  readonly result?: { readonly errors?: readonly Failure[] };
}

async function joinVitest(): Promise<void> {
  // Named at run time: only a process of vitest's has it.
  const name = "vitest";
  const { afterEach } = (await import(name)) as VitestModule;
  afterEach(async ({ task }) => {
    const error = task.result?.errors?.find(({ message }) => /^Test timed out in \d+ms/.test(message ?? ""));
    if (error !== undefined) addTo(error, await afterTimeout(task.name));
  }, DEADLINE * 2);
}

if (process.env["NODE_TEST_CONTEXT"] !== undefined) void joinNodeTest();
if (process.env["VITEST_WORKER_ID"] !== undefined)
  joinVitest().catch((error: unknown) =>
    process.stderr.write(`asyncscope: no dumps of tests that time out: ${messageOf(error)}\n`),
  );

export { dumpTasks };
