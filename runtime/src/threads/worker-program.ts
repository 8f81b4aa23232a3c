import type { WorkerPreload } from "@asyncscope/protocol";
import { CONTEXT_KEY } from "./thread-context.js";
import { ENCODER } from "./error-transfer.js";
import type { EncodedError } from "./error-transfer.js";
import { TRANSFER_KEY } from "./transfer.js";
import type { WorkSource } from "./work.js";

/** @internal From the pool to a worker. */
export type ToWorker =
  | {
      readonly job: number;
      readonly work: number;
      /** Absent when this worker has had it before. */
      readonly source?: WorkSource;
      readonly args: readonly unknown[];
      /** It knows too much: it forgets all functions that it has had, not this one. */
      readonly forget?: true;
      /** Context variables by name; absent when the job gets none. */
      readonly context?: ReadonlyMap<string, unknown>;
    }
  | { readonly end: true };

/** @internal From a worker to the pool. */
export type FromWorker =
  | { readonly job: number; readonly value: unknown }
  | { readonly job: number; readonly error: EncodedError }
  /** A message for the worker could not be read there. */
  | { readonly unreadable: string };

/** @internal `workerData` of a worker of a pool. */
export interface WorkerStart {
  readonly port: import("node:worker_threads").MessagePort;
  readonly preload: WorkerPreload | undefined;
}

/**
 * @internal The program of a worker, as a text for `new Worker(text, { eval: true })`: it needs no file, so that it
 * survives any bundler, and no help that a compiler would import. It runs as CommonJS and as a module
 * (`node --input-type=module`): hence `import()` alone.
 */
export const WORKER_PROGRAM = `"use strict";
Promise.all([import("node:worker_threads"), import("node:util"), import("node:module")]).then(([threads, util, { createRequire, syncBuiltinESMExports }]) => {
  const { port, preload } = threads.default.workerData;
  // Not for the program: it may look at it.
  threads.default.workerData = null;
  syncBuiltinESMExports();
  if (preload !== undefined) {
    process.env[preload.variable] = preload.value;
    const require = createRequire(preload.file);
    // Node may have loaded it for its --require, when it had nothing to do yet.
    delete require.cache[preload.file];
    try { require(preload.file); } finally { delete process.env[preload.variable]; }
  }
  // What esbuild and tsx put into functions to keep their names.
  globalThis.__name ??= (fn) => fn;
  const encodeError = ${ENCODER}(util);
  const TRANSFER = Symbol.for(${JSON.stringify(TRANSFER_KEY)});
  const CONTEXT = Symbol.for(${JSON.stringify(CONTEXT_KEY)});
  const functions = new Map();

  /** A method is no expression by itself. */
  function compile(name, source) {
    const tail = "\\n//# sourceURL=thread:" + name.replace(/[^\\w$.-]/g, "_");
    try { return (0, eval)('"use strict"; (' + source + "\\n)" + tail); }
    catch (error) {
      let methods;
      try { methods = (0, eval)('"use strict"; ({' + source + "\\n})" + tail); }
      catch { throw new SyntaxError(name + " cannot be sent to a thread as source text (" + error.message + "): put it into a module and give { module: new URL(\\"./work.js\\", import.meta.url), export: \\"name\\" }", { cause: error }); }
      return Object.values(methods)[0];
    }
  }

  async function load({ name, module, exportName }) {
    const namespace = await import(module);
    const inner = namespace.default;
    const found = [namespace[exportName], inner?.[exportName]].find((one) => typeof one === "function");
    if (found !== undefined) return found;
    throw new TypeError(module + " exports no function " + exportName + "; its exports: " + Object.keys(namespace).join(", "));
  }

  /** What a function closed over stays behind: say so where it is missing. */
  function explain(error, { name, source }) {
    if (source === undefined || !(error instanceof ReferenceError)) return error;
    const missing = / is not defined$/.test(error.message) ? error.message.slice(0, -" is not defined".length) : undefined;
    const top = String(error.stack).split("\\n").find((line) => line.startsWith("    at "));
    if (missing === undefined || top === undefined || !top.includes("thread:")) return error;
    const better = new ReferenceError(missing + " is not defined in the thread: of " + name + " only its source text travels, not what it closes over or imports. Pass " + missing + " as an argument, or put the function into a module and give { module: new URL(\\"./work.js\\", import.meta.url), export: \\"name\\" }", { cause: error });
    better.stack = better.name + ": " + better.message + "\\n" + String(error.stack).split("\\n").filter((line) => line.startsWith("    at ")).join("\\n");
    return better;
  }

  async function run({ job, work, source, forget, args, context }) {
    if (forget === true) functions.clear();
    if (source !== undefined) functions.set(work, { name: source.name, source: source.source, fn: undefined, loading: source });
    const known = functions.get(work);
    const list = [];
    let reply;
    try {
      known.fn ??= known.source !== undefined ? compile(known.name, known.source) : await load(known.loading);
      const { fn } = known;
      globalThis[CONTEXT] = context;
      let value = fn(...args);
      // In both cases: the thread is busy until its function is through.
      if (value !== null && (typeof value === "object" || typeof value === "function") && typeof value.then === "function") value = await value;
      if (value !== null && typeof value === "object" && Object.hasOwn(value, TRANSFER)) {
        list.push(...value[TRANSFER].list);
        value = value[TRANSFER].value;
      }
      reply = { job, value };
    } catch (error) {
      reply = { job, error: encodeError(explain(error, known)) };
    }
    globalThis[CONTEXT] = undefined;
    try { port.postMessage(reply, list); }
    catch (error) {
      const reason = new TypeError("the result of " + known.name + " cannot travel between threads: return plain data, or transfer() what is handed over (" + error.message + ")");
      port.postMessage({ job, error: encodeError(reason) });
    }
  }

  port.on("message", (message) => {
    if (message.end === true) port.close();
    else void run(message);
  });
  port.on("messageerror", (error) => port.postMessage({ unreadable: String(error?.message) }));
});`;
