import assert from "node:assert/strict";
import { coro, createTask, currentTask, Future, gather, sleep, type Task } from "asyncscope";
import { outline, task, tree, watched } from "./support/watched.js";

const forever = coro(function* forever() {
  yield* new Future<void>();
});

describe("The tree of tasks", () => {
  describe("by creation", () => {
    it("hangs each task under the one that created it, in the order of creation", async () => {
      await watched(function* () {
        const parent = coro(function* parent(name: string) {
          createTask(forever(), { name: `${name}.1` });
          createTask(forever(), { name: `${name}.2` });
          yield* forever();
        });
        createTask(parent("a"), { name: "a" });
        createTask(parent("b"), { name: "b" });
        yield* sleep(0);
        assert.deepEqual(outline("creation"), [
          "main",
          "  a",
          "    a.1",
          "    a.2",
          "  b",
          "    b.1",
          "    b.2",
        ]);
        assert.equal(task("a.1").parent, task("a").id);
        assert.equal(task("main").parent, 0);
        assert.equal(task("main").childCount, 2);
      });
    });

    it("shows tasks that a callback created as roots", async () => {
      await watched(function* () {
        currentTask()!
          .getLoop()
          .callSoon(() => {
            createTask(forever(), { name: "from a callback" });
          });
        yield* sleep(1);
        assert.deepEqual(outline("creation"), ["main", "from a callback"]);
      });
    });

    it("keeps a finished task as long as one that it created is alive", async () => {
      await watched(function* () {
        createTask(
          function* () {
            createTask(forever(), { name: "child" });
          },
          { name: "parent" },
        );
        // Many more than finished tasks are kept.
        for (let i = 0; i < 500; i++) yield* createTask(sleep(0), { name: "short" });
        assert.equal(task("parent").state, "done");
        assert.equal(task("child").parent, task("parent").id);
      });
    });
  });

  describe("by await", () => {
    it("hangs each task under the one that waits for it; roots are those nobody waits for", async () => {
      await watched(function* () {
        const leaf = createTask(forever(), { name: "leaf" });
        const middle = createTask(
          function* () {
            yield* leaf;
          },
          { name: "middle" },
        );
        createTask(
          function* () {
            yield* gather(middle, leaf);
          },
          { name: "top" },
        );
        createTask(forever(), { name: "alone" });
        yield* sleep(0);
        yield* sleep(0);
        assert.deepEqual(outline("await"), ["main", "top", "  middle", "    leaf", "  leaf", "alone"]);
        assert.equal(tree({ order: "await" }).tasks.find(({ name }) => name === "top")!.childCount, 2);
      });
    });

    it("shows two tasks that wait for each other, with the older one as root", async () => {
      await watched(function* () {
        const tasks: Task<void>[] = [];
        for (const name of ["a", "b"])
          tasks.push(
            createTask(
              function* () {
                yield* tasks[name === "a" ? 1 : 0]!;
              },
              { name },
            ),
          );
        yield* sleep(0);
        yield* sleep(0);
        assert.deepEqual(outline("await"), ["main", "a", "  b", "    a ↻"]);
      });
    });

    it("shows what leads into a cycle as its root, and each cycle once", async () => {
      await watched(function* () {
        const tasks = new Map<string, Task<void>>();
        const next: Record<string, string> = { entry: "x", x: "y", y: "z", z: "x", p: "q", q: "p" };
        for (const name of Object.keys(next))
          tasks.set(
            name,
            createTask(
              function* () {
                yield* tasks.get(next[name]!)!;
              },
              { name },
            ),
          );
        yield* sleep(0);
        yield* sleep(0);
        assert.deepEqual(outline("await"), [
          "main",
          "entry",
          "  x",
          "    y",
          "      z",
          "        x ↻",
          "p",
          "  q",
          "    p ↻",
        ]);
      });
    });

    it("finds the tasks behind gathers of gathers, each once", async () => {
      await watched(function* () {
        const a = createTask(forever(), { name: "a" });
        const b = createTask(forever(), { name: "b" });
        createTask(
          function* () {
            yield* gather(gather(a, b), gather(b, gather(a)));
          },
          { name: "collector" },
        );
        yield* sleep(0);
        assert.deepEqual(outline("await"), ["main", "collector", "  a", "  b"]);
      });
    });
  });

  describe("in pages", () => {
    const many = coro(function* many(count: number) {
      for (let i = 0; i < count; i++) createTask(forever(), { name: `t${i}` });
      yield* sleep(0);
    });

    it("gives the children asked for and says how many there are", async () => {
      await watched(function* () {
        yield* many(250);
        const main = task("main").id;
        for (const order of ["creation", "await"] as const) {
          const parent = order === "creation" ? main : 0;
          const first = order === "creation" ? 0 : 1;
          const reply = tree({ order, pages: [{ task: parent, offset: 100, limit: 3 }] });
          const [page] = reply.pages;
          const names = page!.children.map((id) => reply.tasks.find((row) => row.id === id)!.name);
          assert.deepEqual(
            names,
            [100, 101, 102].map((i) => `t${i - first}`),
          );
          assert.equal(page!.total, 250 + first);
          assert.equal(page!.offset, 100);
          assert.equal(reply.hidden, 0);
        }
      });
    });

    it("gives 100 when no number is asked for, 1000 at most, and nothing behind the end", async () => {
      await watched(function* () {
        yield* many(1500);
        const parent = task("main").id;
        const sizes = [{}, { limit: 5000 }, { offset: 1490 }, { offset: 2000 }, { limit: Number.NaN }].map(
          (page) => tree({ pages: [{ task: parent, ...page }] }).pages[0]!.children.length,
        );
        assert.deepEqual(sizes, [100, 1000, 10, 0, 100]);
      });
    });

    it("answers for a task that is not there with an empty page", async () => {
      await watched(function* () {
        yield* sleep(0);
        const reply = tree({ pages: [{ task: 4711 }] });
        assert.deepEqual(reply.pages, [{ task: 4711, offset: 0, children: [], total: 0 }]);
      });
    });

    it("unfolds level by level up to the limit and counts what that hid", async () => {
      await watched(function* () {
        for (let i = 0; i < 10; i++)
          createTask(function* () {
            for (let j = 0; j < 10; j++) createTask(forever());
            yield* forever();
          });
        yield* sleep(0);
        const all = tree({ deep: true });
        assert.equal(all.tasks.length, 111);
        assert.equal(all.hidden, 0);
        const some = tree({ deep: true, limit: 31 });
        // Main, its 10 children, and 20 of theirs.
        assert.equal(some.tasks.length, 31);
        assert.equal(some.hidden, 80);
        assert.equal(some.tasks.filter(({ parent }) => parent === task("main").id).length, 10);
      });
    });

    it("counts what hangs under hidden tasks, but not what stands outside the asked page", async () => {
      await watched(function* () {
        for (let i = 0; i < 10; i++)
          createTask(function* () {
            createTask(forever());
            yield* forever();
          });
        yield* sleep(0);
        const pages = [{ task: task("main").id, offset: 2, limit: 5 }];
        // Five and the one under each, of which three fit.
        assert.equal(tree({ deep: true, limit: 3, pages }).hidden, 7);
        assert.equal(tree({ limit: 3, pages }).hidden, 2);
      });
    });

    it("gives the tasks that shown ones wait for, so that they can be named", async () => {
      await watched(function* () {
        yield* many(200);
        const last = [...tree({ deep: true }).tasks].pop()!;
        const target = [...currentTask()!.getLoop()._tasks()].find(({ name }) => name === last.name)!;
        createTask(
          function* () {
            yield* target;
          },
          { name: "waiter" },
        );
        yield* sleep(0);
        const parent = task("main").id;
        const reply = tree({ pages: [{ task: parent, offset: 200, limit: 1 }] });
        assert.deepEqual(
          reply.tasks.map(({ name }) => name),
          ["waiter", last.name],
        );
      });
    });
  });

  describe("filtered", () => {
    it("keeps what matches by name, function or wait, and the ancestors that lead there", async () => {
      await watched(function* () {
        const fetchUser = coro(function* fetchUser() {
          yield* sleep(1000);
        });
        createTask(
          function* () {
            createTask(fetchUser(), { name: "first" });
            createTask(forever(), { name: "second" });
            yield* forever();
          },
          { name: "parent" },
        );
        createTask(forever(), { name: "elsewhere" });
        yield* sleep(0);
        yield* sleep(0);
        const shown = (text: string) => outline("creation", { filter: { text } }).map((line) => line.trim());
        assert.deepEqual(shown("SECOND"), ["main", "parent", "second"]);
        assert.deepEqual(shown("fetchuser"), ["main", "parent", "first"]);
        assert.deepEqual(shown("timer"), ["main", "parent", "first"]);
        assert.deepEqual(shown("no such"), []);
      });
    });

    it("keeps those in the asked states, and says how many match", async () => {
      await watched(function* () {
        for (let i = 0; i < 30; i++) createTask(forever(), { name: `s${i}` });
        yield* sleep(0);
        createTask(forever(), { name: "new" });
        const parent = task("main").id;
        const pages = [{ task: parent, offset: 5, limit: 10 }];
        const reply = tree({ pages, filter: { states: ["suspended"] } });
        assert.equal(reply.pages[0]!.total, 30);
        assert.equal(reply.tasks[0]!.name, "s5");
        assert.equal(reply.tasks.length, 10);
        assert.deepEqual(outline("creation", { filter: { states: ["created"] } }), ["main", "  new"]);
        assert.deepEqual(outline("creation", { filter: { states: ["running"] } }), ["main"]);
      });
    });

    it("keeps those that are in their state for long enough", async () => {
      await watched(function* () {
        createTask(forever(), { name: "old" });
        yield* sleep(500);
        createTask(forever(), { name: "young" });
        yield* sleep(100);
        assert.deepEqual(outline("creation", { filter: { olderThan: 600 } }), ["main", "  old"]);
        assert.deepEqual(outline("creation", { filter: { olderThan: 601 } }), []);
        assert.deepEqual(outline("creation", { filter: { olderThan: 100 } }), ["main", "  old", "  young"]);
      });
    });

    it("leads to a match through those who wait, in the await order", async () => {
      await watched(function* () {
        const leaf = createTask(forever(), { name: "leaf" });
        for (const name of ["one", "two"])
          createTask(
            function* () {
              yield* leaf;
            },
            { name },
          );
        createTask(forever(), { name: "other" });
        yield* sleep(0);
        const filter = { states: ["suspended" as const], text: "leaf" };
        assert.deepEqual(outline("await", { filter }), ["one", "  leaf", "two", "  leaf"]);
      });
    });
  });
});
