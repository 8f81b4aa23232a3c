/* eslint-disable @typescript-eslint/no-unused-vars, @typescript-eslint/no-unnecessary-type-parameters,
   @typescript-eslint/no-invalid-void-type, @typescript-eslint/no-unsafe-class-instance-assignment
   -- what is written here is for the compiler */
import {
  coro,
  createTask,
  CancelledError,
  currentTask,
  ensureFuture,
  Future,
  gather,
  run,
  shield,
  sleep,
  timeout,
  until,
  wait,
  waitFor,
} from "asyncscope";
import type { Coroutine, Task } from "asyncscope";
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import ts from "typescript";
import { root } from "../../../scripts/lib/root.mjs";

/** Compiles only when both types are the same. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;
function same<A, B>(_proof: Same<A, B>): void {
  // For the compiler.
}

const fetchUser = coro(function* (id: number) {
  yield* sleep(1);
  return { id, name: "bob" };
});
type User = { id: number; name: string };

/** Never called: what follows is for the compiler. */
export const compiled = {
  coroutines: coro(function* () {
    const coroutine = fetchUser(1);
    same<typeof coroutine, Coroutine<User>>(true);
    const user = yield* coroutine;
    same<typeof user, User>(true);
    // @ts-expect-error -- the argument is a number
    fetchUser("1");
    // @ts-expect-error -- the star is missing: there is no user yet
    const wrong: User = fetchUser(1);
    const slept = yield* sleep(1);
    same<typeof slept, void>(true);
    const result = yield* sleep(1, "result");
    same<typeof result, string>(true);
    const adopted = yield* until(Promise.resolve(5));
    same<typeof adopted, number>(true);
    return wrong;
  }),

  // Each on its own: what one mistake makes of the generator's type would hide the next.
  missingStars: () => [
    // @ts-expect-error -- the star is missing: nothing is waited for
    coro(function* () {
      yield fetchUser(1);
    }),
    // @ts-expect-error -- the same for a future
    coro(function* () {
      yield new Future<number>();
    }),
    // @ts-expect-error -- and for a promise
    coro(function* () {
      yield Promise.resolve(1);
    }),
    coro(function* () {
      // @ts-expect-error -- a promise is not a coroutine: until(promise)
      yield* Promise.resolve(1);
    }),
    // @ts-expect-error -- an async function is no generator function
    coro(async () => undefined),
  ],

  tasks: coro(function* () {
    const task = createTask(fetchUser(1));
    same<typeof task, Task<User>>(true);
    const user = yield* task;
    same<typeof user, User>(true);
    const async = createTask(async () => 5);
    same<typeof async, Task<number>>(true);
    const generator = createTask(function* () {
      return yield* sleep(1, "x");
    });
    same<typeof generator, Task<string>>(true);
    const arrow = createTask(() => fetchUser(2));
    same<typeof arrow, Task<User>>(true);
    // @ts-expect-error -- a promise runs already: until(promise)
    createTask(Promise.resolve(1));
    // @ts-expect-error -- a function that waits for nothing is no coroutine
    createTask(() => 5);
    // @ts-expect-error -- nor is one that takes arguments
    createTask(fetchUser);
    // @ts-expect-error -- the name is a string
    createTask(fetchUser(1), { name: 5 });
    const self = currentTask();
    same<typeof self, Task<unknown> | null>(true);
    // @ts-expect-error -- null outside tasks
    self.cancel();
  }),

  together: coro(function* () {
    const both = yield* gather(fetchUser(1), async () => "posts", Promise.resolve(3));
    same<typeof both, [User, string, number]>(true);
    const list = yield* gather([fetchUser(1), fetchUser(2)] as Coroutine<User>[]);
    same<typeof list, User[]>(true);
    const pair = yield* gather([fetchUser(1), sleep(1, true)]);
    same<typeof pair, [User, boolean]>(true);
    const outcomes = yield* gather([fetchUser(1), sleep(1, true)], { returnExceptions: true });
    same<typeof outcomes, [unknown, unknown]>(true);
    // @ts-expect-error -- a number cannot be awaited
    gather(1);
    const future = ensureFuture(fetchUser(1));
    same<typeof future, Future<User>>(true);
    const shielded = yield* shield(fetchUser(1));
    same<typeof shielded, User>(true);
    const timed = yield* waitFor(fetchUser(1), 100);
    same<typeof timed, User>(true);
    const scoped = yield* timeout(100, function* (scope) {
      scope.reschedule(null);
      return yield* fetchUser(1);
    });
    same<typeof scoped, User>(true);
    const tasks = [createTask(fetchUser(1)), createTask(fetchUser(2))];
    const { done, pending } = yield* wait(tasks);
    same<typeof done, Set<Task<User>>>(true);
    same<typeof pending, Set<Task<User>>>(true);
    // @ts-expect-error -- wait() takes several
    yield* wait(tasks[0]);
    // @ts-expect-error -- and futures only
    yield* wait([fetchUser(1)]);
  }),

  async: async () => {
    const user = await fetchUser(1);
    same<typeof user, User>(true);
    const task = await createTask(fetchUser(1));
    same<typeof task, User>(true);
    const result = await run(async () => 5);
    same<typeof result, number>(true);
    const other = await run(fetchUser(1));
    same<typeof other, User>(true);
    const future = new Future<string>();
    future.setResult("x");
    // @ts-expect-error -- a string is needed
    future.setResult(5);
    const text = await future;
    same<typeof text, string>(true);
    const error: CancelledError = new CancelledError("message");
    return error;
  },

  methods: class {
    readonly id = 1;
    readonly load = coro(function* (this: { id: number }) {
      return yield* fetchUser(this.id);
    });
    async use(): Promise<User> {
      return this.load();
    }
  },
};

/** What the compiler has to say about a file of the project. */
function mistakesOf(path: string): string {
  const config = join(root, "tsconfig.json");
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(config, (each) => ts.sys.readFile(each)).config,
    ts.sys,
    dirname(config),
  );
  const file = join(root, path);
  const program = ts.createProgram([file], { ...options, noEmit: true });
  return ts.formatDiagnostics(ts.getPreEmitDiagnostics(program, program.getSourceFile(file)), {
    getCanonicalFileName: (name) => name,
    getCurrentDirectory: () => root,
    getNewLine: () => "\n",
  });
}

describe("The types of the public API", function () {
  this.timeout(120_000);

  it("[slow] infer what is waited for, and refuse a missing star, a promise and wrong arguments", () =>
    assert.equal(mistakesOf("test/runtime/core/types.test.ts"), ""));

  it("[slow] LP-21 options that a program adds for its task factory are typed wherever tasks are made", () =>
    assert.equal(mistakesOf("test/fixtures/types/task-options.ts"), ""));
});
