/** What rewritten functions call around `for await`, `yield*` and `await using`, whose awaits V8 does itself. */
import { currentFrame, goOn, resumeFromYield, suspend } from "./calls.js";
import type { Frame, PointId } from "./frame.js";

/* eslint-disable @typescript-eslint/no-explicit-any, @typescript-eslint/no-unsafe-member-access,
   @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-assignment -- iterables may be anything */

type Step = (value?: unknown) => unknown;
interface AnyIterator {
  readonly next: Step;
  readonly return?: Step | null;
  readonly throw?: Step | null;
}

const { apply } = Reflect;
const isObject = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** The iterable of a `for await`: each step it takes is one in which the frame is suspended. */
export function iterate(frame: Frame, site: PointId, iterable: any): unknown {
  return watched(frame, site, iterable, goOn);
}

/** The iterable of a `yield*` of an async generator. */
export function delegate(frame: Frame, site: PointId, iterable: any): unknown {
  return watched(frame, site, iterable, (generator) => {
    if (currentFrame() !== generator) resumeFromYield(generator, undefined);
  });
}

function watched(frame: Frame, site: PointId, iterable: any, resume: (frame: Frame) => void): unknown {
  // V8 says what is wrong with what is no iterable.
  if (iterable === null || iterable === undefined) return iterable;
  const { asyncIterator, iterator } = Symbol;
  const make: unknown = iterable[asyncIterator];
  const isAsync = make !== null && make !== undefined;
  if (isAsync && typeof make !== "function") return iterable;
  const begin = (): unknown => {
    const made: unknown = isAsync ? apply(make as Step, iterable, []) : iterable[iterator]();
    if (!isObject(made)) return made;
    const inner = made as AnyIterator;
    const { next } = inner;
    if (typeof next !== "function") return made;
    const step = (method: Step, args: readonly unknown[]): unknown => {
      resume(frame);
      frame.at = site;
      const result = apply(method, inner, args);
      suspend(frame, site, undefined);
      return result;
    };
    const optional = (name: "return" | "throw"): Step | null | undefined => {
      const method = inner[name];
      return typeof method === "function" ? (...args) => step(method, args) : method;
    };
    return {
      next: (...args: unknown[]) => step(next, args),
      get return() {
        return optional("return");
      },
      get throw() {
        return optional("throw");
      },
    };
  };
  if (!isAsync && typeof iterable[iterator] !== "function") return iterable;
  return isAsync ? { [asyncIterator]: begin } : { [iterator]: begin };
}

/** What is disposed of where an `await using` declared `value`. */
export function disposal(frame: Frame, site: PointId, value: any): unknown {
  const { asyncDispose } = Symbol;
  // V8 treats these in a way of its own.
  if (value === null || value === undefined) return value;
  let method: unknown = value[asyncDispose];
  const isAsync = method !== null && method !== undefined;
  if (!isAsync) method = value[Symbol.dispose];
  if (typeof method !== "function")
    throw new TypeError(
      isAsync
        ? "Property [Symbol.asyncDispose] is not a function."
        : "Symbol(Symbol.asyncDispose) is not a function",
    );
  return {
    [asyncDispose]() {
      goOn(frame);
      frame.at = site;
      const result = apply(method as Step, value, []);
      suspend(frame, site, undefined);
      return isAsync ? result : undefined;
    },
  };
}

/** Behind all disposals of a block, which V8 does last: the frame goes on. */
export function disposed(frame: Frame): Disposable {
  return { [Symbol.dispose]: () => goOn(frame) };
}
