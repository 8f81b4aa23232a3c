import { checkCallable, checkOptions, given } from "./arguments.js";
import { LookupError, RuntimeError, ValueError } from "./errors.js";
import { currentTaskOrNull } from "./current-task.js";

/** @internal Never changed: a change makes a new one. */
export type Values = ReadonlyMap<object, unknown>;
const none: Values = new Map();

/**
 * The values of all context variables for one line of execution. Copying is O(1); a change replaces the map.
 * A task runs in a copy made at its creation (rule CV-01).
 */
export class Context {
  /** @internal */ _values: Values = none;
  #entered = false;

  /**
   * Runs `fn` with this context as the current one; changes made inside stay in it.
   * @throws RuntimeError when this context is already entered: by `run`, or because what runs now runs in it, a task or
   * a callback.
   */
  run<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): R {
    checkCallable(fn, "context.run() takes a function");
    // A task's context is a bare map of values until somebody asks for it: then nobody can have this one.
    if (this.#entered || this === active || this === currentTaskOrNull()?._variables)
      throw new RuntimeError("cannot enter a context that is already entered: copy it first with copy()");
    const outer = active;
    active = this;
    this.#entered = true;
    try {
      return fn(...args);
    } finally {
      active = outer;
      this.#entered = false;
    }
  }

  /** Another context with the same values. What is set in one is not seen in the other. */
  copy(): Context {
    return contextOf(this._values);
  }

  /** The value of `variable` in this context, undefined when it has none here. */
  get<T>(variable: ContextVar<T>): T | undefined {
    checkVariable(variable, "context.get()");
    return this._values.get(variable) as T | undefined;
  }

  /** Whether the variable was set in this context; a default does not count. */
  has(variable: ContextVar<unknown>): boolean {
    checkVariable(variable, "context.has()");
    return this._values.has(variable);
  }
}

function checkVariable(variable: unknown, who: string): void {
  if (!(variable instanceof ContextVar))
    throw new TypeError(`${who} takes a ContextVar, got ${given(variable)}`);
}

/** @internal */
export function contextOf(values: Values): Context {
  const context = new Context();
  context._values = values;
  return context;
}

const root = new Context();
/** What a thread of a pool was given with its present job, by name; null where there is no such thing. */
let jobValues: (() => ReadonlyMap<string, unknown> | undefined) | null = null;
let lastGiven: ReadonlyMap<string, unknown> | undefined;

/** @internal Variables without a value are looked up by name in what `source` returns (rule CV-07). */
export function inheritByName(source: () => ReadonlyMap<string, unknown> | undefined): void {
  jobValues = source;
}

/** Each job of a thread begins with what it was given, without what jobs before it have set. */
function rootContext(): Context {
  const now = jobValues?.();
  if (now !== lastGiven) {
    lastGiven = now;
    root._values = none;
  }
  return root;
}

/** The context of the code that runs now, where it is not that of the current task: a handle, `Context.run`. */
let active: Context | null = null;

/** @internal Makes `context` the current one and returns the one before, to be given back to this function. */
export function enterContext(context: Context | null): Context | null {
  const before = active;
  active = context;
  return before;
}

/** @internal The current context itself, not a copy. */
export function currentContext(): Context {
  return active ?? currentTaskOrNull()?._context ?? (given === null ? root : rootContext());
}

/** @internal The values that a copy of the current context has. */
export function currentValues(): Values {
  if (active !== null) return active._values;
  const task = currentTaskOrNull();
  return task === null ? currentContext()._values : task._contextValues;
}

/** A copy of the current context (rule CV-01): what is set in it later is not seen here. */
export function copyContext(): Context {
  return currentContext().copy();
}

/**
 * What {@link ContextVar.set} returns, to undo it once; not constructed by users. `using token = variable.set(…)` undoes
 * it at the end of the block.
 */
export class Token<T> {
  /** The {@link oldValue} of a variable that had no value in its context: its default does not count. */
  static readonly MISSING: unique symbol = Symbol("Token.MISSING");
  /** The variable that was set. */
  readonly var: ContextVar<T>;
  /** @internal */ _used = false;

  /** @internal */
  constructor(
    variable: ContextVar<T>,
    /** @internal */ readonly _context: Context,
    /** What it was before, or {@link Token.MISSING}. */
    readonly oldValue: T | typeof Token.MISSING,
  ) {
    this.var = variable;
  }

  [Symbol.dispose](): void {
    this.var.reset(this);
  }
}

/**
 * A variable whose value belongs to a task instead of to the program: children start with a copy, changes stay
 * inside (rules CV-01 to CV-03).
 * @example const user = new ContextVar<string>("user"); user.set("bob"); user.get();
 */
export class ContextVar<T> {
  readonly #default: { readonly value: T } | undefined;

  constructor(
    /** For people, and to find the variable in a thread (`toThread`). */
    readonly name: string,
    options?: { readonly default?: T },
  ) {
    if (typeof name !== "string")
      throw new TypeError(`a context variable takes its name as a string, got ${given(name)}`);
    checkOptions(options, "new ContextVar()");
    this.#default = options !== undefined && "default" in options ? { value: options.default } : undefined;
  }

  /**
   * @param fallback beats the default given to the constructor.
   * @throws LookupError when there is neither a value nor a default.
   */
  get(fallback?: T): T {
    const values = currentContext()._values;
    if (values.has(this)) return values.get(this) as T;
    const inherited = jobValues?.();
    if (inherited?.has(this.name) === true) return inherited.get(this.name) as T;
    if (arguments.length > 0) return fallback as T;
    if (this.#default !== undefined) return this.#default.value;
    throw new LookupError(
      `context variable "${this.name}" has no value here: set() it, or give get() a default`,
    );
  }

  /** Sets the variable in the current context. @returns what {@link reset} takes it back with. */
  set(value: T): Token<T> {
    const context = currentContext();
    const values = context._values;
    const token = new Token(this, context, values.has(this) ? (values.get(this) as T) : Token.MISSING);
    context._values = new Map(values).set(this, value);
    return token;
  }

  /**
   * Puts back what was there before the `set` that returned `token`.
   * @throws RuntimeError when the token was used already, ValueError when it is of another variable or context.
   */
  reset(token: Token<T>): void {
    if (!(token instanceof Token))
      throw new TypeError(`reset() takes the token that set() returned, got ${given(token)}`);
    if (token._used) throw new RuntimeError("this token has been used once already");
    if (token.var !== this) throw new ValueError("this token belongs to another context variable");
    const context = currentContext();
    if (token._context !== context) throw new ValueError("this token was made in another context");
    token._used = true;
    const values = new Map(context._values);
    if (token.oldValue === Token.MISSING) values.delete(this);
    else values.set(this, token.oldValue);
    context._values = values;
  }
}
