import {
  Context,
  ContextVar,
  copyContext,
  coro,
  createTask,
  currentTask,
  Future,
  getRunningLoop,
  LookupError,
  RuntimeError,
  sleep,
  Token,
  ValueError,
} from "asyncscope";
import assert from "node:assert/strict";
import { both } from "../../support/both-forms.js";
import { runIterations, withLoop } from "../../support/runtime-loop.js";

describe("Context variables", () => {
  both("CV-01 a task has a copy: its changes are seen by neither creator nor siblings", function* (form) {
    const name = new ContextVar<string>("name");
    name.set("creator");
    const seen: string[] = [];
    const change = (to: string) =>
      createTask(
        form.body(function* () {
          seen.push(name.get());
          name.set(to);
          yield* form.wait(sleep(1));
          seen.push(name.get());
        }),
      );
    const tasks = [change("a"), change("b")];
    name.set("changed after creation");
    for (const task of tasks) yield* form.wait(task);
    assert.deepEqual(seen, ["creator", "creator", "a", "b"]);
    assert.equal(name.get(), "changed after creation");
  });

  both("CV-02 changes persist across the waits of a task", function* (form) {
    const count = new ContextVar<number>("count", { default: 0 });
    for (let n = 1; n <= 5; n++) {
      count.set(n);
      yield* form.wait(sleep(n % 2));
      assert.equal(count.get(), n);
    }
  });

  both("CV-03 a coroutine awaited directly shares the context of its caller", function* (form) {
    const name = new ContextVar<string>("name");
    name.set("outer");
    yield* form.wait(
      form.body(function* () {
        assert.equal(name.get(), "outer");
        name.set("inner");
        yield* form.wait(sleep(0));
      })(),
    );
    assert.equal(name.get(), "inner");
    yield* form.wait(
      coro(function* () {
        yield* sleep(1);
        name.set("innermost");
      })(),
    );
    assert.equal(name.get(), "innermost");
  });

  both("CV-04 done callbacks run in the context in which they were added", function* (form) {
    const name = new ContextVar<string>("name");
    name.set("when added");
    const seen: string[] = [];
    const future = new Future<void>();
    const callback = (): void => {
      seen.push(name.get());
      name.set("polluted");
    };
    future.addDoneCallback(callback);
    name.set("later");
    future.addDoneCallback(callback);
    const given = copyContext();
    given.run(() => name.set("given"));
    future.addDoneCallback(callback, { context: given });
    future.setResult();
    yield* form.wait(sleep(1));
    assert.deepEqual(seen, ["when added", "later", "given"]);
    assert.equal(name.get(), "later");
  });

  both("CV-05 an explicit context is used by reference, by one task after the other", function* (form) {
    const count = new ContextVar<number>("count", { default: 0 });
    const context = new Context();
    for (let n = 0; n < 3; n++)
      yield* form.wait(
        createTask(
          form.body(function* () {
            yield* form.wait(sleep(0));
            count.set(count.get() + 1);
          }),
          { context },
        ),
      );
    assert.equal(context.get(count), 3);
    assert.equal(count.get(), 0);
  });

  it("callbacks run in a copy of the context in which they were registered", () =>
    withLoop(async (loop) => {
      const name = new ContextVar<string>("name", { default: "none" });
      const context = new Context();
      const seen: string[] = [];
      context.run(() => {
        name.set("registered");
        loop.callSoon(() => {
          seen.push(name.get());
          name.set("changed inside");
        });
        loop.callLater(0, () => seen.push(name.get()));
        loop.callSoon(() => seen.push(name.get()), { context: new Context() });
        name.set("afterwards");
      });
      await runIterations(loop, 3);
      assert.deepEqual(seen, ["registered", "none", "registered"]);
      assert.equal(context.get(name), "afterwards");
    }));

  both("get() prefers its own default, then the variable's, and throws without any", function* (form) {
    yield* form.wait(sleep(0));
    const bare = new ContextVar<string>("bare");
    assert.throws(() => bare.get(), LookupError);
    assert.equal(bare.get("given"), "given");
    const defaulted = new ContextVar<string | undefined>("defaulted", { default: undefined });
    assert.equal(defaulted.get(), undefined);
    assert.equal(defaulted.get("given"), "given");
    defaulted.set("set");
    assert.equal(defaulted.get("given"), "set");
  });

  both("a token undoes its set() once, in its own context and variable only", function* (form) {
    const name = new ContextVar<string>("name", { default: "default" });
    const other = new ContextVar<string>("other");
    const first = name.set("one");
    const second = name.set("two");
    assert.equal(first.var, name);
    assert.equal(first.oldValue, Token.MISSING, "a default is no value");
    assert.equal(second.oldValue, "one");
    assert.throws(() => other.reset(second), ValueError);
    const elsewhere = createTask(
      form.body(function* () {
        name.reset(second);
      }),
    );
    let error: unknown;
    try {
      yield* form.wait(elsewhere);
    } catch (caught) {
      error = caught;
    }
    assert.ok(error instanceof ValueError);
    name.reset(second);
    assert.equal(name.get(), "one");
    assert.throws(() => name.reset(second), RuntimeError);
    name.reset(first);
    assert.equal(name.get(), "default");
    {
      using _token = name.set("in the block");
      assert.equal(name.get(), "in the block");
    }
    assert.equal(name.get(), "default");
  });

  it("a token tells undefined as a value from no value, and puts either back", () => {
    const name = new ContextVar<string | undefined>("name");
    new Context().run(() => {
      const first = name.set(undefined);
      const second = name.set("set");
      assert.equal(first.oldValue, Token.MISSING);
      assert.equal(second.oldValue, undefined);
      name.reset(second);
      assert.equal(name.get("fallback"), undefined);
      name.reset(first);
      assert.equal(name.get("fallback"), "fallback");
    });
  });

  it("Context.run() keeps its changes inside and cannot be nested in itself", () => {
    const name = new ContextVar<string>("name", { default: "default" });
    const context = new Context();
    const result = context.run(
      (a: number, b: number) => {
        name.set("inside");
        assert.throws(() => context.run(() => undefined), RuntimeError);
        return a + b;
      },
      1,
      2,
    );
    assert.equal(result, 3);
    assert.equal(name.get(), "default");
    assert.equal(context.get(name), "inside");
    assert.equal(context.has(name), true);
    const copy = context.copy();
    context.run(() => name.set("changed"));
    assert.equal(copy.get(name), "inside");
    assert.throws(() =>
      context.run(() => {
        throw new Error("x");
      }),
    );
    context.run(() => undefined);
  });

  both("the context that a task or callback runs in is entered already", function* (form) {
    yield* form.wait(sleep(0));
    const entered = { name: "RuntimeError", message: /already entered/ };
    const own = currentTask()!.getContext();
    assert.throws(() => own.run(() => undefined), entered);
    new Context().run(() => assert.throws(() => own.run(() => undefined), entered));
    const context = new Context();
    const refused = new Future<boolean>();
    getRunningLoop().callSoon(
      () => {
        assert.throws(() => context.run(() => undefined), entered);
        refused.setResult(own.run(() => true));
      },
      { context },
    );
    assert.equal(yield* form.wait(refused), true, "that of a task which waits is free");
  });

  both("a callback added by a task does not see what the task changes later", function* (form) {
    const name = new ContextVar<string>("name", { default: "default" });
    const seen: string[] = [];
    name.set("before");
    getRunningLoop().callSoon(() => seen.push(name.get()));
    name.set("after");
    yield* form.wait(sleep(1));
    assert.deepEqual(seen, ["before"]);
  });
});
