import assert from "node:assert/strict";
import { createTask, Lock, sleep } from "asyncscope";
import { describeError } from "../../runtime/src/inspect/text.js";
import { inspector, resource, resources, task, tree, watched } from "./support/watched.js";

/** What is shown of a task that a program called so. */
async function shownName(name: string): Promise<string> {
  let shown = "";
  await watched(function* () {
    createTask(sleep(1000), { name });
    shown = tree({ deep: true }).tasks[1]!.name;
    yield* sleep(0);
  });
  return shown;
}

/** What is shown of an error that a task threw. */
async function shownError(error: unknown): Promise<string | undefined> {
  let shown: string | undefined;
  await watched(function* () {
    createTask(
      function* () {
        throw error;
      },
      { name: "thrower" },
    );
    yield* sleep(1);
    shown = task("thrower").error;
  });
  return shown;
}

describe("Text of the program", () => {
  for (const [what, name, shown] of [
    ["a plain name", "worker-1", "worker-1"],
    ["letters of any script", "задача 任务 عمل é 🧵", "задача 任务 عمل é 🧵"],
    ["ANSI colours", "\u001b[31mred\u001b[0m", "·[31mred·[0m"],
    ["control characters and NUL", "a\0b\tc\nd\u007fe\u0085f", "a·b·c·d·e·f"],
    ["bidirectional overrides", "a\u202eb\u2066c\u200fd\u061ce", "a·b·c·d·e"],
    ["invisible characters", "a\u200bb\ufeffc\u2060d\u00ade", "a·b·c·d·e"],
    ["line separators", "a\u2028b\u2029c", "a·b·c"],
    ["invisible tags", "a\u{e0041}\u{e007f}b", "a··b"],
    ["lone surrogates", "a\ud800b\udc00c", "a·b·c"],
    ["a surrogate at the end", "a\ud83e", "a·"],
    ["the name __proto__", "__proto__", "__proto__"],
    ["markup", "<img src=x>[x](command:y)", "<img src=x>[x](command:y)"],
    ["an empty name", "", ""],
  ] as const)
    it(`shows ${what} safely`, async () => {
      assert.equal(await shownName(name), shown);
    });

  it("is cut at 200 characters", async () => {
    assert.equal(await shownName("n".repeat(1_000_000)), `${"n".repeat(199)}…`);
    assert.equal(await shownName("n".repeat(200)), "n".repeat(200));
    // The cut is in the middle of a pair.
    assert.equal(await shownName("n".repeat(198) + "🧵🧵"), `${"n".repeat(198)}·…`);
  });

  it("is cleaned in names of primitives and of cancellations, too", async () => {
    await watched(function* () {
      const lock = new Lock({ name: "db\u001b[2J" });
      assert.equal(resources().resources[0]!.name, "db·[2J");
      assert.equal(resource("db·[2J").kind, "lock");
      const victim = createTask(lock.acquire(), { name: "v" });
      victim.cancel("why\u202e");
      assert.equal(task("v").cancelledBy!.message, "why·");
      yield* sleep(0);
    });
  });

  it("of a task renamed by the debug adapter is shown like any other", async () => {
    await watched(function* () {
      const renamed = createTask(sleep(1), { name: "before" });
      assert.equal(inspector.setName(task("before").id, "after\n"), true);
      assert.equal(renamed.name, "after\n");
      assert.equal(task("after·").state, "created");
      yield* sleep(2);
      assert.equal(inspector.setName(task("after·").id, "late"), false);
    });
  });

  it("does not come from a getter that the program put over a task's name", async () => {
    await watched(function* () {
      let called = 0;
      const odd = createTask(sleep(1), { name: "true name" });
      Object.defineProperty(odd, "name", { get: () => `called ${++called}` });
      createTask(
        function* () {
          yield* odd;
        },
        { name: "waiter" },
      );
      yield* sleep(0);
      assert.equal(task("true name").state, "suspended");
      assert.equal(task("waiter").waits[0]!.label, "task true name");
      yield* sleep(2);
      assert.equal(task("true name").state, "done");
      assert.equal(called, 0);
    });
  });
});

describe("The error of a failed task", () => {
  /** The runtime itself looks at an error as well (it reads its stack): so this asks the inspector alone. */
  const hostile = (make: (calls: { count: number }) => unknown, expected: string) => (): void => {
    const calls = { count: 0 };
    assert.equal(describeError(make(calls)), expected);
    assert.equal(calls.count, 0, "code of the program ran");
  };

  it("is its name and message", async () => {
    assert.equal(await shownError(new TypeError("wrong")), "TypeError: wrong");
    assert.equal(await shownError(new Error("")), "Error");
    class HttpError extends Error {
      override name = "HttpError";
    }
    assert.equal(await shownError(new HttpError("404")), "HttpError: 404");
    assert.equal(
      await shownError(new DOMException("took too long", "TimeoutError")),
      "TimeoutError: took too long",
    );
  });

  it("is cut at 300 characters", async () => {
    assert.equal((await shownError(new Error("x".repeat(10_000))))!.length, 300);
  });

  it("may be anything that can be thrown", async () => {
    const thrown = ["text", 42, 10n, null, undefined, true, Symbol("s"), {}, []];
    const shown: (string | undefined)[] = [];
    for (const value of thrown) shown.push(await shownError(value));
    assert.deepEqual(shown, [
      "text",
      "42",
      "10n",
      "null",
      "undefined",
      "true",
      "Symbol(s)",
      "Error",
      "Error",
    ]);
  });

  it(
    "is told without running a getter of its message",
    hostile(
      (calls) => Object.defineProperty(new RangeError("x"), "message", { get: () => calls.count++ }),
      "RangeError",
    ),
  );

  it(
    "is told without running a getter of its name",
    hostile((calls) => {
      class Odd extends Error {}
      Object.defineProperty(Odd.prototype, "name", { get: () => calls.count++ });
      return new Odd("odd");
    }, "Error: odd"),
  );

  it(
    "is told without running a proxy's traps",
    hostile((calls) => {
      const trap = (): never => {
        calls.count++;
        throw new Error("trapped");
      };
      return new Proxy(Object.create(null) as object, {
        get: trap,
        getOwnPropertyDescriptor: trap,
        ownKeys: trap,
      });
    }, "Error"),
  );

  it(
    "is told of a revoked proxy",
    hostile(() => {
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      return proxy;
    }, "Error"),
  );

  it(
    "is told of a function without calling its toString",
    hostile((calls) => Object.assign(() => undefined, { toString: () => `${calls.count++}` }), "a function"),
  );

  it(
    "is told of an object that only pretends to be a DOMException",
    hostile(() => Object.create(DOMException.prototype), "Error"),
  );
});
