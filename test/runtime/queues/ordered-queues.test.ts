import assert from "node:assert/strict";
import { gather, LifoQueue, PriorityQueue, run, sleep } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import { turns } from "../../support/turns.js";

function drain<T>(queue: PriorityQueue<T> | LifoQueue<T>): T[] {
  const items: T[] = [];
  while (!queue.empty()) items.push(queue.getNowait());
  return items;
}

describe("LifoQueue and PriorityQueue", () => {
  inBothForms((form) => {
    const { wait, start, program } = form;

    it("QU-10 a LifoQueue gives the newest first", () =>
      program(function* () {
        const queue = new LifoQueue<number>();
        for (const item of [1, 3, 2]) yield* wait(queue.put(item));
        assert.deepEqual(queue._items(0, 2), [2, 3]);
        assert.deepEqual(queue._items(1, 9), [3, 1]);
        assert.deepEqual(queue._items(3, 9), []);
        assert.deepEqual(
          [yield* wait(queue.get()), yield* wait(queue.get()), yield* wait(queue.get())],
          [2, 3, 1],
        );
      }));

    it("QU-10 a PriorityQueue gives the smallest first, ties by comparing the items", () =>
      program(function* () {
        const queue = new PriorityQueue<[number, string]>();
        for (const item of [
          [2, "b"],
          [1, "z"],
          [2, "a"],
          [1, "y"],
        ] as [number, string][])
          yield* wait(queue.put(item));
        const got: [number, string][] = [];
        for (let i = 0; i < 4; i++) got.push(yield* wait(queue.get()));
        assert.deepEqual(got, [
          [1, "y"],
          [1, "z"],
          [2, "a"],
          [2, "b"],
        ]);
      }));

    it("gives a waiting getter the smallest of what was put before it could run", () =>
      program(function* () {
        const queue = new PriorityQueue<number>();
        const getter = start(function* () {
          return yield* wait(queue.get());
        });
        yield* wait(turns(2));
        queue.putNowait(5);
        queue.putNowait(3);
        assert.equal(yield* wait(getter), 3);
      }));

    it("passes the room on when a comparator refuses the item of a waiting putter", () =>
      program(function* () {
        const queue = new PriorityQueue<number | object>(2);
        queue.putNowait(1);
        queue.putNowait(2);
        const bad = start(function* () {
          yield* wait(queue.put({}));
        });
        const good = start(function* () {
          yield* wait(queue.put(3));
        });
        yield* wait(turns(2));
        assert.equal(queue.getNowait(), 1);
        const [refused] = yield* wait(gather([bad, good], { returnExceptions: true }));
        assert.ok(refused instanceof TypeError);
        assert.deepEqual(drain(queue), [2, 3]);
        yield* wait(sleep(0));
      }));
  });

  it("keeps equal items in the order in which they were put", () => {
    const queue = new PriorityQueue<{ priority: number; index: number }>(
      0,
      (a, b) => a.priority - b.priority,
    );
    for (let index = 0; index < 5000; index++) queue.putNowait({ priority: index % 7, index });
    let last = { priority: -1, index: -1 };
    for (const item of drain(queue)) {
      assert.ok(
        item.priority > last.priority || (item.priority === last.priority && item.index > last.index),
      );
      last = item;
    }
  });

  it("orders numbers, bigints, strings, Dates and tuples without a comparator", () => {
    const ordered: unknown[][] = [
      [-Infinity, -1, 0, 1n, 1.5, 2n, 10, Infinity],
      ["", "B", "a", "aa", "b"],
      [new Date(0), new Date(1), new Date(1000)],
      [[1], [1, "a"], [1, "b"], [2], [2, [0]], [2, [1]]],
    ];
    for (const items of ordered) {
      const queue = new PriorityQueue<unknown>();
      for (const item of [...items].reverse()) queue.putNowait(item);
      assert.deepEqual(drain(queue), items);
    }
  });

  it("asks for a comparator where there is no natural order, and is as before then", () => {
    for (const item of [{}, null, undefined, true, Symbol("s"), () => 1, Number.NaN, new Date(Number.NaN)]) {
      const queue = new PriorityQueue<unknown>();
      assert.throws(() => queue.putNowait(item), { name: "TypeError" });
      assert.equal(queue.size, 0);
      assert.equal(queue.statistics().unfinished, 0);
    }
    const queue = new PriorityQueue<unknown>();
    queue.putNowait([1, { job: "a" }]);
    queue.putNowait([2, { job: "b" }]);
    // The same priority: now the jobs would have to be compared.
    assert.throws(() => queue.putNowait([1, { job: "c" }]), /give it a comparator/);
    assert.throws(() => queue.putNowait("text"), /cannot order/);
    assert.equal(queue.size, 2);
  });

  it("refuses a comparator that is none, or that does not return a number", () => {
    assert.throws(() => new PriorityQueue(0, "x" as never), TypeError);
    const queue = new PriorityQueue<number>(0, ((a: number, b: number) => a < b) as never);
    assert.throws(() => queue.putNowait(1), /must return a number/);
  });

  it("shows its items in order without calling the comparator", () => {
    let calls = 0;
    const queue = new PriorityQueue<number>(0, (a, b) => {
      calls++;
      return a - b;
    });
    const count = 3000;
    for (let i = 0; i < count; i++) queue.putNowait((i * 7919) % count);
    calls = 0;
    const sorted = Array.from({ length: count }, (_, i) => i);
    assert.deepEqual(queue._items(0, count), sorted);
    assert.deepEqual(queue._items(1234, 100), sorted.slice(1234, 1334));
    assert.deepEqual(queue._items(2990, 100), sorted.slice(2990));
    assert.deepEqual(queue._items(count, 1), []);
    assert.deepEqual(drain(queue), sorted);
    assert.equal(calls, 0);
  });

  it("stays in order while items come and go", () => {
    const queue = new PriorityQueue<number>();
    const model: number[] = [];
    let seed = 1;
    for (let i = 0; i < 20_000; i++) {
      seed = (seed * 48271) % 2147483647;
      if (seed % 5 < 3 || model.length === 0) {
        const item = seed % 1000;
        queue.putNowait(item);
        let at = model.length;
        while (at > 0 && model[at - 1]! > item) at--;
        model.splice(at, 0, item);
      } else assert.equal(queue.getNowait(), model.shift());
    }
    assert.deepEqual(drain(queue), model);
  });

  it("joins and names like any queue", async () => {
    await run(function* () {
      const queue = new LifoQueue<number>(0, { name: "undo" });
      assert.equal(queue._name, "undo");
      queue.putNowait(1);
      queue.getNowait();
      queue.taskDone();
      yield* queue.join();
      assert.equal(new PriorityQueue(3, null, { name: "p" })._kind, "priority-queue");
      assert.equal(queue._kind, "lifo-queue");
    });
  });
});
