import assert from "node:assert/strict";
import { coro, createTask, EventLoop, run, sleep, wait } from "asyncscope";
import type { FrameCallGraphEntry, Task } from "asyncscope";
import { VirtualClock } from "asyncscope/testing";

const loopFactory = (): EventLoop => new EventLoop({ clock: new VirtualClock() });

function names(frames: readonly FrameCallGraphEntry[]): string[] {
  return frames.map(({ functionName }) => functionName);
}

function printed(task: Task<unknown>, limit?: number): string {
  let text = "";
  task.printStack({
    ...(limit === undefined ? {} : { limit }),
    stream: { write: (part: string) => (text += part) },
  });
  return text;
}

const leafCoroutine = coro(function* leaf(fails: boolean) {
  yield* sleep(10);
  if (fails) throw new TypeError("no good");
  yield* sleep(1000);
});
async function asyncLeaf(): Promise<void> {
  await sleep(10);
  throw new TypeError("no good");
}

describe("Stack of a task", () => {
  it("TK-19 of a suspended task: its frames, oldest first, where they stand", () =>
    run(
      async () => {
        const task = createTask(
          coro(function* root() {
            yield* leafCoroutine(false);
          })(),
          { name: "sleeper" },
        );
        await sleep(1);
        const early = task.getStack();
        assert.deepEqual(names(early), ["root", "leaf"]);
        await sleep(50);
        const late = task.getStack();
        assert.deepEqual(names(late), ["root", "leaf"]);
        assert.equal(late[0]!.line, early[0]!.line);
        assert.equal(late[1]!.line, early[1]!.line! + 2);
        assert.deepEqual(names(task.getStack({ limit: 1 })), ["leaf"]);
        assert.match(
          printed(task),
          /^Stack of Task "sleeper" \(most recent call last\):\n {2}at root \(file:.*task-stack\.test\.js:\d+:\d+\)\n {2}at leaf \(file:.*\)\n$/,
        );
        task.cancel();
        await wait([task]);
        assert.deepEqual(task.getStack(), []);
        assert.equal(printed(task), 'No stack for Task "sleeper"\n');
      },
      { loopFactory },
    ));

  it("TK-19 of a suspended async function: its name", () =>
    run(
      async () => {
        const task = createTask(async function waits() {
          await leafCoroutine(false);
        });
        await sleep(1);
        assert.deepEqual(names(task.getStack()), ["waits", "leaf"]);
        task.cancel();
        await wait([task]);
      },
      { loopFactory },
    ));

  it("TK-19 of a failed task: the frames of its error", () =>
    run(
      async () => {
        const tasks = [
          createTask(
            coro(function* root() {
              yield* leafCoroutine(true);
            })(),
            { name: "failing" },
          ),
          createTask(
            async function root() {
              await asyncLeaf();
            },
            { name: "failing" },
          ),
        ];
        await wait(tasks);
        for (const [index, task] of tasks.entries()) {
          const inner = ["leaf", "asyncLeaf"][index]!;
          assert.deepEqual(names(task.getStack()), ["root", inner]);
          assert.deepEqual(names(task.getStack({ limit: 1 })), ["root"]);
          const text = printed(task);
          assert.match(text, /^Stack of the error of Task "failing" \(most recent call last\):\n {2}at root/);
          assert.match(text, /\nTypeError: no good\n$/);
          // Looking at its stack is not looking at its error.
          assert.ok(task._isUnretrieved());
          task.exception();
        }
      },
      { loopFactory },
    ));

  it("of the task that runs: the functions down to the one that asked", () =>
    run(
      async () => {
        let frames: FrameCallGraphEntry[] = [];
        const ask = (task: Task<unknown>): void => void (frames = task.getStack());
        const task: Task<unknown> = createTask(
          coro(function* root() {
            yield* sleep(1);
            ask(task);
          })(),
        );
        await task;
        assert.deepEqual(names(frames), ["root", "ask"]);
      },
      { loopFactory },
    ));

  it("survives errors that fight back", () =>
    run(
      async () => {
        const hostile = [
          new Proxy(new Error("proxy"), {
            get: () => {
              throw new Error("trap");
            },
          }),
          Object.defineProperty(new Error("x"), "stack", {
            get: () => {
              throw new Error("getter");
            },
          }),
          Object.assign(new Error("x"), { stack: 5 }),
          "no error at all",
          null,
        ];
        for (const error of hostile) {
          const task = createTask(async () => {
            await sleep(0);
            throw error;
          });
          await wait([task]);
          assert.deepEqual(task.getStack(), []);
          assert.match(printed(task), /^No stack for Task/);
          task.exception();
        }
      },
      { loopFactory },
    ));
});
