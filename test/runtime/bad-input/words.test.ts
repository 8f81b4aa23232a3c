import assert from "node:assert/strict";
import { Future, Queue } from "asyncscope";
import { withLoop } from "../../support/runtime-loop.js";

describe("the words for what was given", () => {
  it("are found without running code of the program", () => {
    const fail = (): never => {
      throw new Error("code of the program was run");
    };
    const traps = Object.fromEntries(
      Object.getOwnPropertyNames(Reflect).map((name) => [name, fail]),
    ) as ProxyHandler<object>;
    class Hostile {
      static get [Symbol.toStringTag](): string {
        return fail();
      }
      toString(): string {
        return fail();
      }
      [Symbol.toPrimitive](): string {
        return fail();
      }
    }
    Object.defineProperty(Hostile.prototype, "constructor", { get: fail });
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    for (const [wrong, words] of [
      [new Proxy({}, traps), "a proxy"],
      [new Proxy(() => undefined, traps), "a function"],
      [revoked.proxy, "a proxy"],
      [new Hostile(), "a plain object"],
      [Hostile, "the class Hostile"],
    ])
      assert.throws(() => new Queue(wrong as never), {
        name: "TypeError",
        message: `a queue takes its bound as a number, got ${words as string}`,
      });
  });

  it("say what objects of the runtime are", () =>
    withLoop((loop) => {
      const future = new Future<void>({ loop });
      assert.throws(() => new Queue(future as never), /got a future$/);
      assert.throws(() => new Queue((async () => Promise.resolve())() as never), /got a promise$/);
      future.setResult();
    }));
});
