import { allTasks, ContextVar, createTask, currentTask, isCancelled, sleep } from "asyncscope";
import type { Coroutine, ExceptionContext, Future, Startable, Task, TaskGroup, Timeout } from "asyncscope";
import { asyncForm, generatorForm } from "../../support/both-forms.js";
import type { Form, Steps } from "../../support/both-forms.js";
import type { Counting } from "./counting-loop.js";
import { immediate, waiting } from "./operations.js";
import { Absent, Return } from "./outcomes.js";
import type { ImmediateName, Item, Op, Program, WaitingName } from "./program.js";
import { makeResources } from "./resources.js";
import { showError, showState, showValue } from "./values.js";

/** Sleeps of a program end long before; whoever still waits then is cancelled, round after round. */
const END = 10_000;
const ROUNDS = 200;

/** In which form the bodies of a program are written: each its own, one or the other, when mixed. */
export type FormName = "generator" | "async" | "mixed";

/** Runs `program` on asyncscope. @returns what happened, a line each; see compare.ts. */
export async function interpret(program: Program, form: FormName, loop: Counting): Promise<string[]> {
  return await new Interpreter(program, form, loop).run();
}

const programErrors = new Set<string>(["raise", "raiseCancelled"]);

/** What runs as a task of its own: a called coroutine, or an async function. */
function startable(form: Form, steps: () => Steps<unknown>): Startable<unknown> {
  const body = form.body(steps);
  return form === generatorForm ? (body() as Coroutine<unknown>) : body;
}

/** One run of a program. */
export class Interpreter {
  readonly loop: Counting;
  readonly resources;
  readonly refs = new Map<string, Future<unknown>>();
  readonly callbacks = new Map<string, (future: Future<unknown>) => void>();
  readonly handles = new Map<string, { cancel(): void }>();
  readonly groups = new Map<string, TaskGroup>();
  readonly timeouts = new Map<string, Timeout>();
  readonly variable = new ContextVar("variable", { default: 0 });
  readonly #names = new Map<object, string>();
  readonly #lines: string[] = [];
  readonly #program: Program;
  readonly #form: FormName;
  #open = true;

  constructor(program: Program, form: FormName, loop: Counting) {
    this.loop = loop;
    this.#program = program;
    this.#form = form;
    this.resources = makeResources(program.resources);
    this.loop.setExceptionHandler((_loop, context) => this.#report(context));
  }

  async run(): Promise<string[]> {
    // Not run(): a program may leave tasks behind that no cancel can end, which wait for a lock that nobody has.
    await this.loop.runUntilComplete(this.loop.createTask(startable(generatorForm, () => this.#main())));
    this.#open = false;
    this.loop.close();
    return this.#lines;
  }

  *#main(): Steps {
    const main = currentTask()!;
    this.#names.set(main, "main");
    for (let index = 0; index < this.#program.resources.futures; index++)
      this.made(`f${index}`, this.loop.createFuture());
    this.spawn("t0", this.#program.body, createTask);
    yield* sleep(END);
    for (let round = 0; round < ROUNDS; round++) {
      const left = [...allTasks()].filter((task) => task !== main);
      if (left.length === 0) return;
      for (const task of left) task.cancel("end");
      yield* sleep(1);
    }
    this.mark("stuck");
  }

  mark(text: string): void {
    if (!this.#open) return;
    const task = currentTask();
    const who = task === null ? "-" : (this.#names.get(task) ?? "?");
    this.#lines.push(`${this.loop.time()}/${this.loop.iteration} ${who} ${text}`);
  }

  #report({ message, exception }: ExceptionContext): void {
    if (message.includes("never retrieved")) return;
    const kind = message.startsWith("Exception in callback")
      ? "callback"
      : message.includes("the shield around it")
        ? "shield"
        : message.includes("is already completed")
          ? "parent"
          : message;
    this.mark(`report ${kind} ${showError(exception)}`);
  }

  // Names and values

  readonly nameOf = (future: object): string | undefined => this.#names.get(future);

  made(id: string, future: Future<unknown>): Future<unknown> {
    this.refs.set(id, future);
    // A shield of what is done is that itself.
    this.#name(id, future);
    return future;
  }

  ref(name: string): Future<unknown> {
    const future = name === "self" ? currentTask() : this.refs.get(name);
    if (future === null || future === undefined) throw new Absent();
    return future;
  }

  item(item: Item, form?: Form): Future<unknown> | Startable<unknown> {
    if ("ref" in item) return this.ref(item.ref);
    const written = form ?? this.#formOf(item.ops);
    return startable(written, () => this.#inline(item.id, item.ops, written));
  }

  /** Those that are there. */
  items(op: Op): (Future<unknown> | Startable<unknown>)[] {
    return op
      .items!.filter((item) => "ops" in item || this.refs.has(item.ref))
      .map((item) => this.item(item));
  }

  // Bodies

  spawn(
    name: string,
    ops: readonly Op[],
    create: (body: Startable<unknown>) => Task<unknown>,
  ): Task<unknown> {
    const form = this.#formOf(ops);
    const task = create(startable(form, () => this.#inline(name, ops, form)));
    this.refs.set(name, task);
    this.#name(name, task);
    return task;
  }

  #name(name: string, future: Future<unknown>): void {
    if (this.#names.has(future)) return;
    this.#names.set(future, name);
    // So that the trace shows when and in which order they end.
    future.addDoneCallback(() => this.mark(`done ${name} ${showState(future, this.nameOf)}`));
  }

  /** What `timeout()` and the like call. */
  block<S>(op: Op, enter: (scope: S) => void): (scope: S) => PromiseLike<Return | undefined> {
    const form = this.#formOf(op.ops!);
    return form.body((scope: S) => {
      enter(scope);
      return this.runOps(op.ops!, form);
    });
  }

  #formOf(ops: readonly Op[]): Form {
    if (this.#form === "generator") return generatorForm;
    return this.#form === "async" || (ops[0]?.n ?? 0) % 2 === 0 ? asyncForm : generatorForm;
  }

  *#taskBody(ops: readonly Op[], form: Form): Steps<unknown> {
    this.mark("start");
    let result: Return | undefined;
    try {
      result = yield* this.runOps(ops, form);
    } catch (error) {
      this.mark(`end !${showError(error)}`);
      throw error;
    }
    this.mark("end");
    return result?.value;
  }

  *#inline(name: string, ops: readonly Op[], form: Form): Steps<unknown> {
    const task = currentTask()!;
    if (!this.#names.has(task)) {
      this.#name(name, task);
      if (!this.refs.has(name)) this.refs.set(name, task);
    }
    return yield* this.#taskBody(ops, form);
  }

  *runOps(ops: readonly Op[], form: Form): Steps<Return | undefined> {
    for (const op of ops) {
      const result = yield* this.#step(op, form);
      if (result !== undefined) return result;
    }
    return undefined;
  }

  *#step(op: Op, form: Form): Steps<Return | undefined> {
    if (op.op in immediate) return this.#immediately(op);
    let value: unknown;
    try {
      value = yield* waiting[op.op as WaitingName](this, op, form);
    } catch (error) {
      return this.#failed(op, error, false);
    }
    return this.#completed(op, value);
  }

  #immediately(op: Op): Return | undefined {
    let value: unknown;
    try {
      value = immediate[op.op as ImmediateName](this, op);
    } catch (error) {
      return this.#failed(op, error, true);
    }
    return this.#completed(op, value);
  }

  #completed(op: Op, value: unknown): Return | undefined {
    const shown = value instanceof Return ? value.value : value;
    this.mark(`${op.n}:${op.op} ${showValue(shown, this.nameOf)}`);
    return value instanceof Return ? value : undefined;
  }

  #failed(op: Op, error: unknown, isImmediate: boolean): undefined {
    if (error instanceof Absent) {
      this.mark(`${op.n}:${op.op} absent`);
      return undefined;
    }
    this.mark(`${op.n}:${op.op} !${showError(error)}`);
    if (programErrors.has(op.op)) throw error;
    if (op.catch === "all" || ((isImmediate || op.catch === "errors") && !isCancelled(error)))
      return undefined;
    throw error;
  }

  runCallback(ops: readonly Op[]): void {
    for (const op of ops) this.#immediately(op);
  }

  /** For `callSoon` and the like. */
  called(op: Op): () => void {
    return () => {
      this.mark(`${op.n}:called`);
      this.runCallback(op.ops!);
    };
  }

  doneCallback(op: Op): (future: Future<unknown>) => void {
    return (future) => {
      this.mark(`${op.n}:called ${showState(future, this.nameOf)}`);
      this.runCallback(op.ops!);
    };
  }
}
