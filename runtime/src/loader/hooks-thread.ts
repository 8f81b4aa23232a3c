/** What runs in Node's loader thread where `module.registerHooks` does not exist (Node 20). */
import { fileURLToPath } from "node:url";
import type { MessagePort } from "node:worker_threads";
import { Cache } from "./cache.js";
import { isChosen } from "./choice.js";
import type { Columns } from "./edits.js";
import type { Point } from "./points.js";
import type { LoadedSource } from "./source-text.js";
import { textOf } from "./source-text.js";
import { Transformer } from "./transform.js";

interface Loaded {
  readonly format: string;
  readonly source?: LoadedSource;
}

/** What the program's thread is told of a rewritten module. */
export interface RewrittenMessage {
  /** As V8 names it. */
  readonly script: string;
  readonly base: number;
  readonly points: readonly Point[];
  readonly lines: Columns["lines"];
}

/** Shared by all registrations in this thread. */
interface Shared {
  latest: number;
  /** Numbers of this thread's points: the program's thread counts from 1. */
  next: number;
}
const place = globalThis as unknown as { [key: symbol]: Shared | undefined };
const shared = (place[Symbol.for("asyncscope.loader")] ??= { latest: 0, next: 2 ** 28 });

const transformer = new Transformer(Cache.open(process.env), (count) => {
  const base = shared.next;
  shared.next += count;
  return base;
});
let order = 0;
let port: MessagePort | undefined;

/** @internal */
export function initialize(data: { readonly order: number; readonly port: MessagePort }): void {
  order = shared.latest = data.order;
  port = data.port;
}

/** @internal */
export async function load(
  url: string,
  context: object,
  nextLoad: (url: string, context: object) => Promise<Loaded>,
): Promise<Loaded> {
  const loaded = await nextLoad(url, context);
  // An earlier registration stands behind hooks of the program, which may still change the source.
  if (order !== shared.latest || !url.startsWith("file:")) return loaded;
  const source = textOf(loaded.source);
  // Without a source require() loads it, in the program's own thread.
  if (source === undefined || (loaded.format !== "module" && loaded.format !== "commonjs")) return loaded;
  const path = fileURLToPath(url.split(/[?#]/)[0]!);
  if (!isChosen(path, process.env)) return loaded;
  const made = transformer.transform(source, path, loaded.format);
  if (made === undefined) return loaded;
  const { base, points, code } = made;
  const message: RewrittenMessage = { script: url, base, points, lines: made.columns().lines };
  port?.postMessage(message);
  return { ...loaded, source: code };
}
