import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { Duplex, PassThrough, Readable, Writable } from "node:stream";
import {
  EventLoop,
  EventReader,
  fromCallback,
  isCancelled,
  iterate,
  once,
  openReader,
  openWriter,
  run,
  RuntimeError,
  ValueError,
} from "asyncscope";
import type { ExceptionContext } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { bytes, ioProgram } from "../../support/runtime-io.js";
import { turns } from "../../support/turns.js";

/** How many listeners there are for any event. */
function listeners(emitter: EventEmitter): number {
  return emitter.eventNames().reduce((sum, name) => sum + emitter.listenerCount(name), 0);
}

describe("bridges", () => {
  inBothForms((form) => {
    const { wait } = form;

    it("once() gives the arguments of the next event, also of one before the wait", () =>
      form.program(function* () {
        const emitter = new EventEmitter();
        const next = once<[number, string]>(emitter, "x");
        emitter.emit("x", 1, "one");
        emitter.emit("x", 2, "two");
        assert.deepEqual(yield* wait(next), [1, "one"]);
        assert.equal(listeners(emitter), 0);
      }));

    it("once() throws an error event, unless that is waited for", () =>
      form.program(function* () {
        const emitter = new EventEmitter();
        const next = once(emitter, "x");
        emitter.emit("error", new Error("broken"));
        assert.equal(((yield* thrownBy(form, next)) as Error).message, "broken");
        const error = once(emitter, "error");
        emitter.emit("error", "as a result");
        assert.deepEqual(yield* wait(error), ["as a result"]);
        assert.equal(listeners(emitter), 0);
      }));

    it("cancelling the task that waits for an event removes the listeners", () =>
      form.program(function* () {
        const emitter = new EventEmitter();
        const task = form.start(function* () {
          yield* wait(once(emitter, "x"));
        });
        yield* wait(turns(2));
        assert.equal(listeners(emitter), 2);
        task.cancel();
        assert.ok(isCancelled(yield* thrownBy(form, task)));
        assert.equal(listeners(emitter), 0);
      }));

    it("once() hears an EventTarget, such as an AbortSignal", () =>
      form.program(function* () {
        const controller = new AbortController();
        const aborted = once<[Event]>(controller.signal, "abort");
        controller.abort();
        const [event] = yield* wait(aborted);
        assert.equal(event.type, "abort");
        assert.throws(() => once({} as never, "x"), TypeError);
      }));

    it("fromCallback() gives the result or throws the error of a function with a callback", () =>
      form.program(function* () {
        assert.equal(yield* wait(fromCallback<number>((done) => setImmediate(done, null, 5))), 5);
        assert.equal(yield* wait(fromCallback<number>((done) => done(undefined, 6))), 6);
        const failing = fromCallback((done) => setImmediate(done, new Error("no")));
        assert.equal(((yield* thrownBy(form, failing)) as Error).message, "no");
        assert.throws(
          () =>
            fromCallback(() => {
              throw new Error("at once");
            }),
          /at once/,
        );
      }));

    it("fromCallback() gives the work up when it is cancelled, and not otherwise", () =>
      form.program(function* () {
        let givenUp = 0;
        let late!: (error: unknown) => void;
        const task = form.start(function* () {
          yield* wait(
            fromCallback((done) => {
              late = done;
              return () => givenUp++;
            }),
          );
        });
        yield* wait(turns(2));
        task.cancel();
        assert.ok(isCancelled(yield* thrownBy(form, task)));
        assert.equal(givenUp, 1);
        // Nobody is told of what comes after.
        late(new Error("late"));
        yield* wait(
          fromCallback((done) => {
            setImmediate(done);
            return () => givenUp++;
          }),
        );
        assert.equal(givenUp, 1);
      }));

    it("an EventReader loses no event between two reads, and ends with the emitter", () =>
      form.program(function* () {
        const emitter = new EventEmitter();
        const reader = new EventReader<[number]>(emitter, "n");
        for (const n of [1, 2, 3]) emitter.emit("n", n);
        assert.deepEqual(yield* wait(reader.next()), [1]);
        assert.deepEqual(yield* wait(reader.next()), [2]);
        emitter.emit("close");
        emitter.emit("n", 4);
        assert.deepEqual(yield* wait(reader.next()), [3]);
        assert.equal(yield* wait(reader.next()), null);
        assert.equal(yield* wait(reader.next()), null);
        assert.equal(listeners(emitter), 0);
      }));

    it("an EventReader wakes who waits, for an event, an error or the end", () =>
      form.program(function* () {
        const emitter = new EventEmitter();
        const reader = new EventReader(emitter, "n", { end: "over" });
        const read = () =>
          form.start(function* () {
            return yield* wait(reader.next());
          });
        const first = read();
        yield* wait(turns(2));
        emitter.emit("n", "a");
        assert.deepEqual(yield* wait(first), ["a"]);
        const cancelled = read();
        yield* wait(turns(2));
        cancelled.cancel();
        yield* thrownBy(form, cancelled);
        const second = read();
        yield* wait(turns(2));
        emitter.emit("n", "b");
        emitter.emit("error", new Error("broken"));
        assert.deepEqual(yield* wait(second), ["b"]);
        assert.equal(((yield* thrownBy(form, reader.next())) as Error).message, "broken");
        assert.equal(yield* wait(reader.next()), null);
        assert.equal(listeners(emitter), 0);
      }));

    it("an EventReader over its limit says so, after what it kept", () =>
      form.program(function* () {
        const emitter = new EventEmitter();
        const reader = new EventReader<[number]>(emitter, "n", { limit: 2 });
        for (const n of [1, 2, 3]) emitter.emit("n", n);
        assert.equal(listeners(emitter), 0);
        assert.deepEqual(yield* wait(reader.next()), [1]);
        assert.deepEqual(yield* wait(reader.next()), [2]);
        const error = yield* thrownBy(form, reader.next());
        assert.ok(error instanceof RuntimeError);
        assert.match(error.message, /more than 2 events wait to be read \(event n of EventEmitter\)/);
        assert.throws(() => new EventReader(emitter, "n", { limit: 0 }), ValueError);
      }));

    it("iterate() takes items one by one; a cancelled wait loses none", () =>
      form.program(function* () {
        const stream = new PassThrough({ objectMode: true });
        const items = iterate<number>(stream);
        const task = form.start(function* () {
          yield* wait(items.next());
        });
        yield* wait(turns(3));
        task.cancel();
        assert.ok(isCancelled(yield* thrownBy(form, task)));
        stream.write(1);
        stream.end(2);
        const got: unknown[] = [];
        for (let item = yield* wait(items.next()); !item.done; item = yield* wait(items.next()))
          got.push(item.value);
        assert.deepEqual(got, [1, 2]);
      }));

    it("iterate() throws what the source throws, and closes it", () =>
      form.program(function* () {
        let closed = false;
        async function* source() {
          try {
            yield 1;
            yield 2;
          } finally {
            closed = true;
          }
        }
        const items = iterate(source());
        assert.deepEqual(yield* wait(items.next()), { done: false, value: 1 });
        items.close();
        assert.ok((yield* wait(items.next())).done);
        assert.ok(closed);
        const broken = iterate(
          (async function* () {
            throw new Error("broken");
          })(),
        );
        assert.equal(((yield* thrownBy(form, broken.next())) as Error).message, "broken");
        const stream = new PassThrough();
        iterate(stream).close();
        assert.ok(stream.destroyed);
        assert.throws(() => iterate([1] as never), TypeError);
      }));

    it("openReader() and openWriter() make streams of Node's ones, with flow control", () =>
      ioProgram(form, function* () {
        const reader = openReader(
          Readable.from([bytes("one\ntwo"), bytes("\nthree")], { objectMode: false }),
        );
        const lines: string[] = [];
        let line: Buffer | null;
        while ((line = yield* wait(reader.nextLine())) !== null) lines.push(line.toString());
        assert.deepEqual(lines, ["one\n", "two\n", "three"]);

        let release!: () => void;
        const written: Buffer[] = [];
        const slow = new Writable({
          write(chunk: Buffer, _encoding, done) {
            written.push(chunk);
            release = done;
          },
        });
        const writer = openWriter(slow);
        writer.write(Buffer.alloc(100_000));
        const draining = form.start(function* () {
          yield* wait(writer.drain());
        });
        yield* wait(turns(5));
        assert.ok(!draining.done());
        release();
        yield* wait(draining);
        writer.close();
        yield* wait(writer.waitClosed());
        assert.ok(slow.writableFinished);
        assert.equal(written.length, 1);
      }));

    it("openReader() holds a fast source back", () =>
      ioProgram(form, function* () {
        let made = 0;
        const endless = new Readable({
          read() {
            made += 1000;
            this.push(Buffer.alloc(1000, "x"));
          },
        });
        const reader = openReader(endless, { limit: 5000 });
        yield* wait(reader.readExactly(1));
        yield* wait(turns(50));
        assert.ok(made < 100_000, String(made));
        endless.destroy();
      }));

    it("the error of a stream is thrown to who reads", () =>
      ioProgram(form, function* () {
        const stream = new PassThrough();
        const reader = openReader(stream);
        stream.destroy(Object.assign(new Error("gone"), { code: "EIO" }));
        assert.equal(((yield* thrownBy(form, reader.read())) as Error).message, "gone");
      }));
  });

  it("`for await` over an EventReader and over items closes them when it is left", async () => {
    const emitter = new EventEmitter();
    const stream = Readable.from([1, 2, 3]);
    await run(async () => {
      const reader = new EventReader<[number]>(emitter, "n");
      for (const n of [1, 2]) emitter.emit("n", n);
      for await (const [n] of reader) {
        assert.equal(n, 1);
        break;
      }
      assert.equal(listeners(emitter), 0);
      for await (const n of iterate<number>(stream)) {
        assert.equal(n, 1);
        break;
      }
      assert.ok(stream.destroyed);
    });
  });

  it("streams of objects and strings are refused where bytes are read", async () => {
    await run(async () => {
      assert.throws(() => openReader(Readable.from([1])), /use iterate\(\)/);
      assert.throws(() => openReader(new PassThrough().setEncoding("utf8")), TypeError);
      assert.throws(() => openReader(5 as never), TypeError);
      assert.throws(() => openWriter(new PassThrough({ objectMode: true })), TypeError);
      assert.throws(() => openWriter(Readable.from([]) as never), TypeError);
    });
  });

  it("the end of the loop removes the listeners and gives work up; what comes later is nobody's", async () => {
    const emitter = new EventEmitter();
    const reports: ExceptionContext[] = [];
    let givenUp = 0;
    let late!: (error: unknown) => void;
    const loop = new EventLoop();
    loop.setExceptionHandler((_loop, context) => reports.push(context));
    await loop.runUntilComplete(
      loop.createTask(async () => {
        once(emitter, "x");
        new EventReader(emitter, "x");
        fromCallback((done) => {
          late = done;
          return () => givenUp++;
        });
      }),
    );
    loop.close();
    assert.equal(listeners(emitter), 0);
    assert.equal(givenUp, 1);
    late(new Error("late"));
    assert.deepEqual(reports, []);
  });

  it("a Duplex of Node's serves both directions", async () => {
    await run(async () => {
      const echo = new PassThrough();
      assert.ok(echo instanceof Duplex);
      const writer = openWriter(echo);
      const reader = openReader(echo);
      writer.write(bytes("ping\n"));
      assert.equal((await reader.readLine()).toString(), "ping\n");
      writer.close();
    });
  });
});
