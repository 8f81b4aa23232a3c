import { itemsOf } from "./arguments.js";
import { types } from "node:util";

/**
 * The errors of the runtime, with the names of asyncio's. JavaScript has no BaseException, so `catch` catches
 * all of them: use {@link isCancelled} to let a cancellation pass.
 */

/** The runtime was used in a way that its present state does not allow. The message names the fix. */
export class RuntimeError extends Error {
  override name = "RuntimeError";
}

/** An argument has the right type but a value that cannot be used. */
export class ValueError extends RangeError {
  override name = "ValueError";
}

/** A {@link ContextVar} without a value or default was read. */
export class LookupError extends Error {
  override name = "LookupError";
}

/** A result was set twice, or read before there was one (rules FU-01, FU-02). */
export class InvalidStateError extends Error {
  override name = "InvalidStateError";
}

/** Gives back what it is given: a class that extends it puts its private fields onto any object. */
// eslint-disable-next-line @typescript-eslint/no-extraneous-class -- see above
class Onto {
  constructor(object: object) {
    return object;
  }
}

/** The text of a {@link CancelledError} that is no native error, one for all with the same message. */
interface BareText {
  readonly message: string;
  readonly stack: string;
}

/** What a {@link CancelledError} knows besides: on those that are no native errors too, and not to be forged. */
class CancelFacts extends Onto {
  #by: string | undefined;
  readonly #text: BareText | null;

  /** @param text of one that is no native error, else null. */
  constructor(error: CancelledError, by: string | undefined, text: BareText | null) {
    super(error);
    this.#by = by;
    this.#text = text;
  }

  static has(value: object): value is CancelledError {
    return #by in value;
  }

  static by(error: object): string | undefined {
    // One that came from another thread has the class and not its fields.
    return #by in error ? error.#by : undefined;
  }

  static setBy(error: CancelledError, by: string | undefined): void {
    if (#by in error) (error as CancelFacts).#by = by;
  }

  static text(error: object): BareText | null {
    return #by in error ? error.#text : null;
  }
}

/**
 * Thrown into a task at its suspension point after {@link Task.cancel}. Let it pass after cleaning up; a task
 * that ends with it counts as cancelled (rule CA-18).
 */
export class CancelledError extends Error {
  override name = "CancelledError";

  constructor(message = "") {
    super(message);
    new CancelFacts(this, undefined, null);
  }

  /** Name of the task that asked for the cancel; undefined when it came from outside any task (a timer, a signal). */
  get cancelledBy(): string | undefined {
    return CancelFacts.by(this);
  }

  /** @internal Whether `value` was made by this class: runs no trap of a proxy, and costs nothing (isProxy: 40 ns). */
  static _made(value: unknown): value is CancelledError {
    return typeof value === "object" && value !== null && CancelFacts.has(value);
  }

  /** @internal Whether it was made without a stack, see {@link cancelledError}. */
  get _isBare(): boolean {
    return CancelFacts.text(this) !== null;
  }

  /** @internal Says who asked. */
  _by(name: string | undefined): this {
    CancelFacts.setBy(this, name);
    return this;
  }
}

/** A stack costs 5 µs, and 1 kB until it is read: a program that cancels 100,000 tasks at once reads few of them. */
const STACKS_PER_ITERATION = 1000;
let stacksLeft = STACKS_PER_ITERATION;

let lastText: BareText | null = null;

function bareText(message: string): BareText {
  if (lastText?.message === message) return lastText;
  const head = `CancelledError${message === "" ? "" : `: ${message}`}`;
  const why = `(left out: over ${STACKS_PER_ITERATION} cancellations in one iteration of the loop)`;
  return (lastText = { message, stack: `${head}\n    at ${why}` });
}

function textProperty(key: "message" | "stack"): PropertyDescriptor & ThisType<object> {
  return {
    get() {
      return CancelFacts.text(this)?.[key];
    },
    set(value: unknown) {
      Object.defineProperty(this, key, { value, writable: true, configurable: true });
    },
    configurable: true,
  };
}

/** Own properties would be seen by whoever lists them, which those of an error are not. */
const bare = Object.create(CancelledError.prototype, {
  name: { value: "CancelledError", writable: true, configurable: true },
  message: textProperty("message"),
  stack: textProperty("stack"),
}) as CancelledError;

/** @internal An iteration of a loop begins. */
export function renewStacks(): void {
  stacksLeft = STACKS_PER_ITERATION;
}

/** @internal The error by which code hears of a cancellation. Of very many in one iteration the later ones have no stack. */
export function cancelledError(message: string, by?: string): CancelledError {
  if (stacksLeft > 0) {
    stacksLeft--;
    return new CancelledError(message)._by(by);
  }
  // No native error: V8 takes 1 µs for one even when it need take no stack, 20 % of a cancelled sleep.
  const error = Object.create(bare) as CancelledError;
  new CancelFacts(error, by, bareText(message));
  return error;
}

/** @internal What is kept of a cancel until somebody asks for the error. */
export class CancelRequest {
  constructor(
    readonly message: string,
    /** Name of the task that asked; undefined outside any task. */
    readonly by: string | undefined,
  ) {}

  toError(): CancelledError {
    return cancelledError(this.message, this.by);
  }
}

let lastRequest = new CancelRequest("", undefined);

/** @internal One for all that are the same: a task that cancels 100,000 others makes one. */
export function cancelRequest(message: string, by: string | undefined): CancelRequest {
  if (lastRequest.message !== message || lastRequest.by !== by) lastRequest = new CancelRequest(message, by);
  return lastRequest;
}

/** A deadline passed. Not the DOMException of the same name that AbortSignal.timeout uses. */
export class TimeoutError extends Error {
  override name = "TimeoutError";
  constructor(message = "", options?: ErrorOptions) {
    super(message, options);
  }
}

/**
 * Ends the loop and is rethrown by `run()`, past every exception handler and task group (rules EH-06, TG-12).
 * Extend it for an error that must not be swallowed by structured code.
 */
export class FatalError extends Error {
  override name = "FatalError";
}

/** Ctrl+C. */
export class KeyboardInterrupt extends FatalError {
  override name = "KeyboardInterrupt";
}

/** Asks for the end of the program. */
export class SystemExit extends FatalError {
  override name = "SystemExit";
}

/** Several errors that happened side by side, as a task group raises them. Nested groups stay nested (TG-10). */
export class ExceptionGroup extends AggregateError {
  override name = "ExceptionGroup";
  /** What happened, in the order in which it did. */
  declare errors: unknown[];
  constructor(errors: Iterable<unknown>, message = "") {
    super(
      itemsOf(errors, "an ExceptionGroup takes several errors: an array or another iterable of them"),
      message,
    );
  }

  /**
   * The part of the group whose leaves satisfy `predicate`, with the nesting kept.
   * @returns null when no leaf does.
   */
  subgroup(predicate: (error: unknown) => boolean): ExceptionGroup | null {
    return this.split(predicate)[0];
  }

  /** The leaves that satisfy `predicate` and the others, each with the nesting kept; null where there is none. */
  split(predicate: (error: unknown) => boolean): [ExceptionGroup | null, ExceptionGroup | null] {
    const match: unknown[] = [];
    const rest: unknown[] = [];
    for (const error of this.errors) {
      if (error instanceof ExceptionGroup) {
        const [inner, outer] = error.split(predicate);
        if (inner !== null) match.push(inner);
        if (outer !== null) rest.push(outer);
      } else (predicate(error) ? match : rest).push(error);
    }
    const group = (errors: unknown[]) =>
      errors.length === 0 ? null : new ExceptionGroup(errors, this.message);
    return [group(match), group(rest)];
  }
}

/**
 * True for what a cancellation looks like: a {@link CancelledError}, or an AbortError that carries one as its
 * cause (Node's own APIs wrap an abort reason that way, rule JS-17).
 */
export function isCancelled(error: unknown): boolean {
  return asCancelledError(error) !== null;
}

/** @internal The CancelledError that `error` is or carries, else null. Runs no trap of a proxy. */
export function asCancelledError(error: unknown): CancelledError | null {
  if (CancelledError._made(error)) return error;
  if (types.isProxy(error)) return null;
  if (error instanceof CancelledError) return error;
  if (!(error instanceof Error)) return null;
  try {
    if (error.name === "AbortError" && error.cause instanceof CancelledError) return error.cause;
  } catch {
    // A getter of the program's that throws: not what Node's own APIs make.
  }
  return null;
}

/** @internal Whether `error` ends the loop instead of going to an exception handler. */
export function isFatal(error: unknown): error is FatalError {
  return !types.isProxy(error) && error instanceof FatalError;
}
