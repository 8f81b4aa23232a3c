import assert from "node:assert/strict";
import {
  BaseTransport,
  CancelledError,
  coro,
  createTask,
  IncompleteReadError,
  LimitOverrunError,
  run,
  RuntimeError,
  StreamReader,
  ValueError,
} from "asyncscope";
import type { ReadTransport } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { bytes } from "../../support/runtime-io.js";
import { turns } from "../../support/turns.js";

/** A reader that has received `chunks`, and its end when `eof`. */
function fed(chunks: readonly string[], { limit, eof = false }: { limit?: number; eof?: boolean } = {}) {
  const reader = new StreamReader({ limit });
  for (const chunk of chunks) reader.feedData(bytes(chunk));
  if (eof) reader.feedEof();
  return reader;
}

class Tap extends BaseTransport implements ReadTransport {
  readonly calls: string[] = [];
  constructor() {
    super({}, {});
  }
  close(): void {
    this.calls.push("close");
  }
  isClosing(): boolean {
    return false;
  }
  isReading(): boolean {
    return true;
  }
  pauseReading(): void {
    this.calls.push("pause");
  }
  resumeReading(): void {
    this.calls.push("resume");
  }
}

describe("StreamReader", () => {
  inBothForms((form) => {
    const { wait, start, program } = form;

    it("SR-01 refuses a limit that is not positive", () =>
      program(function* () {
        assert.throws(() => new StreamReader({ limit: 0 }), ValueError);
        assert.throws(() => new StreamReader({ limit: -1 }), ValueError);
      }));

    it("SR-02 read(n) gives 1 to n bytes, read(0) none at once, read() all up to the end", () =>
      program(function* () {
        const reader = new StreamReader();
        assert.equal((yield* wait(reader.read(0))).length, 0);
        const some = start(function* () {
          return yield* wait(reader.read(4));
        });
        yield* wait(turns(2));
        assert.equal(some.done(), false);
        reader.feedData(bytes("ab"));
        assert.equal((yield* wait(some)).toString(), "ab");
        reader.feedData(bytes("cdefgh"));
        assert.equal((yield* wait(reader.read(4))).toString(), "cdef");
        const all = start(function* () {
          return yield* wait(reader.read());
        });
        yield* wait(turns(2));
        reader.feedData(bytes("ij"));
        reader.feedEof();
        assert.equal((yield* wait(all)).toString(), "ghij");
        assert.equal((yield* wait(reader.read(4))).length, 0);
      }));

    it("SR-02 gives what several chunks hold, with what is left in order", () =>
      program(function* () {
        const reader = fed(["ab", "cde", "f", "ghij"]);
        assert.equal((yield* wait(reader.read(1))).toString(), "a");
        assert.equal((yield* wait(reader.read(6))).toString(), "bcdefg");
        assert.equal((yield* wait(reader.read(100))).toString(), "hij");
      }));

    it("SR-03 read(n) and readExactly(n) go beyond the limit", () =>
      program(function* () {
        const reader = fed(["0123456789", "0123456789"], { limit: 3 });
        assert.equal((yield* wait(reader.read(10))).length, 10);
        assert.equal((yield* wait(reader.readExactly(10))).length, 10);
      }));

    it("SR-04 readExactly throws at the end what came, and empties the buffer", () =>
      program(function* () {
        const reader = fed(["abc"]);
        const read = start(function* () {
          return yield* thrownBy(form, reader.readExactly(10));
        });
        yield* wait(turns(2));
        reader.feedData(bytes("de"));
        yield* wait(turns(2));
        reader.feedEof();
        const error = yield* wait(read);
        assert.ok(error instanceof IncompleteReadError);
        assert.equal(error.partial.toString(), "abcde");
        assert.equal(error.expected, 10);
        assert.ok(reader.atEof());
      }));

    it("SR-05 readExactly(0) gives nothing; a negative count throws", () =>
      program(function* () {
        const reader = new StreamReader();
        assert.equal((yield* wait(reader.readExactly(0))).length, 0);
        assert.throws(() => reader.readExactly(-1), ValueError);
      }));

    it("SR-06 readLine gives lines with their newline, then the rest without one, then nothing", () =>
      program(function* () {
        const reader = fed(["one\ntw", "o\n\nthr", "ee"], { eof: true });
        const lines: string[] = [];
        for (let i = 0; i < 5; i++) lines.push((yield* wait(reader.readLine())).toString());
        assert.deepEqual(lines, ["one\n", "two\n", "\n", "three", ""]);
      }));

    it("SR-06 iterates over lines, by `for await` and by nextLine", async () => {
      const lines: string[] = [];
      await program(function* () {
        const reader = fed(["one\ntwo"], { eof: true });
        let line;
        while ((line = yield* wait(reader.nextLine())) !== null) lines.push(line.toString());
        const again = fed(["three\nfour\n"], { eof: true });
        // Only async functions have `for await`.
        const reading = createTask(async () => {
          for await (const each of again) lines.push(each.toString());
        });
        yield* wait(reading);
      });
      assert.deepEqual(lines, ["one\n", "two", "three\n", "four\n"]);
    });

    it("SR-07 readLine drops a line over the limit, the next one stays", () =>
      program(function* () {
        const reader = fed(["li", "ne1\nline2\n"], { limit: 3 });
        assert.ok((yield* thrownBy(form, reader.readLine())) instanceof ValueError);
        const next = fed(["line1\nab\n"], { limit: 3 });
        assert.ok((yield* thrownBy(form, next.readLine())) instanceof ValueError);
        assert.equal((yield* wait(next.readLine())).toString(), "ab\n");
      }));

    it("SR-07 readLine drops everything when there is no newline in it", () =>
      program(function* () {
        const reader = fed(["toolong"], { limit: 3 });
        assert.ok((yield* thrownBy(form, reader.readLine())) instanceof ValueError);
        reader.feedData(bytes("ab\n"));
        assert.equal((yield* wait(reader.readLine())).toString(), "ab\n");
      }));

    it("SR-08 the limit counts the line without its newline", () =>
      program(function* () {
        const reader = fed(["abc\nabcd\n"], { limit: 3 });
        assert.equal((yield* wait(reader.readLine())).toString(), "abc\n");
        assert.ok((yield* thrownBy(form, reader.readLine())) instanceof ValueError);
      }));

    it("SR-09 readUntil over the limit throws and leaves the data, separator or not", () =>
      program(function* () {
        const reader = fed(["some dataAA"], { limit: 3 });
        for (let i = 0; i < 2; i++) {
          const error = yield* thrownBy(form, reader.readUntil("AA"));
          assert.ok(error instanceof LimitOverrunError);
          assert.equal(error.consumed, 9);
        }
        assert.equal((yield* wait(reader.read(100))).toString(), "some dataAA");
        const without = fed(["some data"], { limit: 3 });
        const error = yield* thrownBy(form, without.readUntil("AA"));
        assert.ok(error instanceof LimitOverrunError);
        assert.equal(error.consumed, 8);
        assert.equal((yield* wait(without.read(100))).toString(), "some data");
      }));

    it("SR-10 readUntil throws at the end, without an expected count", () =>
      program(function* () {
        const reader = fed(["some data"], { eof: true });
        const error = yield* thrownBy(form, reader.readUntil("A"));
        assert.ok(error instanceof IncompleteReadError);
        assert.equal(error.partial.toString(), "some data");
        assert.equal(error.expected, null);
        assert.ok(reader.atEof());
      }));

    it("SR-11 finds a separator that is split over chunks, however small they are", () =>
      program(function* () {
        for (const chunks of [
          ["abX", "YZde"],
          ["ab", "X", "Y", "Z", "de"],
          ["abXYXYZde"],
          ["abX", "YXY", "Zde"],
        ]) {
          const whole = chunks.join("");
          const reader = new StreamReader();
          const read = start(function* () {
            return yield* wait(reader.readUntil("XYZ"));
          });
          for (const chunk of chunks) {
            yield* wait(turns(2));
            reader.feedData(bytes(chunk));
          }
          assert.equal((yield* wait(read)).toString(), whole.slice(0, -2), chunks.join("|"));
          assert.equal((yield* wait(reader.read(9))).toString(), "de");
        }
      }));

    it("SR-12 of several separators the one that ends first counts", () =>
      program(function* () {
        const reader = fed(["some dataAAA"]);
        assert.equal((yield* wait(reader.readUntil(["A", "AAA"]))).toString(), "some dataA");
        const other = fed(["12345abcde"]);
        assert.equal((yield* wait(other.readUntil(["bcde", "abc", "cd"]))).toString(), "12345abc");
        const late = new StreamReader();
        const read = start(function* () {
          return yield* wait(late.readUntil(["longer separator", "x"]));
        });
        yield* wait(turns(2));
        late.feedData(bytes("data"));
        yield* wait(turns(2));
        late.feedData(bytes("x"));
        assert.equal((yield* wait(read)).toString(), "datax");
      }));

    it("SR-13 refuses an empty separator, and none", () =>
      program(function* () {
        const reader = new StreamReader();
        assert.throws(() => reader.readUntil(""), ValueError);
        assert.throws(() => reader.readUntil([]), ValueError);
        assert.throws(() => reader.readUntil(["a", Buffer.alloc(0)]), ValueError);
      }));

    it("SR-14 every read throws a stored exception, also with data buffered and one that waits", () =>
      program(function* () {
        const reader = new StreamReader();
        assert.equal(reader.exception(), null);
        const waiting = start(function* () {
          return yield* thrownBy(form, reader.read(1));
        });
        yield* wait(turns(2));
        const error = new Error("broken");
        reader.setException(error);
        assert.equal(yield* wait(waiting), error);
        reader.feedData(bytes("line\n"));
        assert.equal(reader.exception(), error);
        assert.equal(yield* thrownBy(form, reader.read(1)), error);
        assert.equal(yield* thrownBy(form, reader.readLine()), error);
        assert.equal(yield* thrownBy(form, reader.readExactly(1)), error);
        assert.equal(yield* thrownBy(form, reader.readUntil("n")), error);
      }));

    it("SR-14 a read that an exception has woken throws it, also when data comes before it goes on", () =>
      program(function* () {
        for (const read of [
          (reader: StreamReader) => reader.read(1),
          (reader: StreamReader) => reader.readExactly(2),
          (reader: StreamReader) => reader.readLine(),
          (reader: StreamReader) => reader.readUntil("n"),
        ]) {
          const reader = new StreamReader();
          const waiting = start(function* () {
            return yield* thrownBy(form, read(reader));
          });
          yield* wait(turns(2));
          const error = new Error("broken");
          reader.setException(error);
          reader.feedData(bytes("line\n"));
          assert.equal(yield* wait(waiting), error);
        }
      }));

    it("SR-14 a read that data has woken gives it, also when an exception comes before it goes on", () =>
      program(function* () {
        const reader = new StreamReader();
        const waiting = start(function* () {
          return yield* wait(reader.readLine());
        });
        yield* wait(turns(2));
        reader.feedData(bytes("line\n"));
        reader.setException(new Error("broken"));
        assert.equal((yield* wait(waiting)).toString(), "line\n");
        assert.match(String(yield* thrownBy(form, reader.read(1))), /broken/);
      }));

    it("SR-15 an exception after the waiting read was cancelled does no harm", () =>
      program(function* () {
        const reader = new StreamReader();
        const waiting = start(function* () {
          yield* wait(reader.read(1));
        });
        yield* wait(turns(2));
        waiting.cancel();
        reader.setException(new Error("late"));
        assert.ok((yield* thrownBy(form, waiting)) instanceof CancelledError);
      }));

    it("SR-15 a cancelled read loses no data and lets the next one in", () =>
      program(function* () {
        const reader = new StreamReader();
        const waiting = start(function* () {
          yield* wait(reader.readExactly(4));
        });
        yield* wait(turns(2));
        reader.feedData(bytes("ab"));
        waiting.cancel();
        yield* thrownBy(form, waiting);
        const woken = start(function* () {
          yield* wait(reader.readExactly(4));
        });
        yield* wait(turns(2));
        reader.feedData(bytes("cd"));
        woken.cancel();
        yield* thrownBy(form, woken);
        assert.equal((yield* wait(reader.readExactly(4))).toString(), "abcd");
      }));

    it("SR-16 atEof is true only at the end with an empty buffer", () =>
      program(function* () {
        const reader = fed(["some"]);
        assert.equal(reader.atEof(), false);
        reader.feedEof();
        assert.equal(reader.atEof(), false);
        yield* wait(reader.read(4));
        assert.equal(reader.atEof(), true);
        assert.throws(() => reader.feedData(bytes("more")), RuntimeError);
      }));

    it("SR-17 pauses above twice the limit, resumes at the limit", () =>
      program(function* () {
        const reader = new StreamReader({ limit: 4 });
        const tap = new Tap();
        reader.setTransport(tap);
        assert.throws(() => reader.setTransport(tap), RuntimeError);
        reader.feedData(bytes("12345678"));
        assert.deepEqual(tap.calls, []);
        reader.feedData(bytes("9"));
        assert.deepEqual(tap.calls, ["pause"]);
        yield* wait(reader.read(4));
        assert.deepEqual(tap.calls, ["pause"]);
        yield* wait(reader.read(1));
        assert.deepEqual(tap.calls, ["pause", "resume"]);
      }));

    it("SR-17 resumes when a read must wait for more than is buffered", () =>
      program(function* () {
        const reader = new StreamReader({ limit: 4 });
        const tap = new Tap();
        reader.setTransport(tap);
        reader.feedData(bytes("123456789"));
        const read = start(function* () {
          return yield* wait(reader.readExactly(12));
        });
        yield* wait(turns(2));
        assert.deepEqual(tap.calls, ["pause", "resume"]);
        reader.feedData(bytes("abc"));
        assert.equal((yield* wait(read)).toString(), "123456789abc");
      }));

    it("refuses a second task that waits", () =>
      program(function* () {
        const reader = new StreamReader();
        const first = start(function* () {
          return yield* wait(reader.read(1));
        });
        yield* wait(turns(2));
        const error = yield* thrownBy(form, reader.readLine());
        assert.ok(error instanceof RuntimeError);
        assert.match(error.message, /readLine\(\) called while another task/);
        reader.feedData(bytes("x"));
        assert.equal((yield* wait(first)).toString(), "x");
      }));
  });

  it("gives random pieces of random chunks as they were", () => {
    const text = Array.from({ length: 4000 }, (_, i) => (i * 7919).toString(36)).join("\n");
    return readsAsWritten(text);
  });
});

/** Compares reads of all kinds with the text they read. */
async function readsAsWritten(text: string): Promise<void> {
  let seed = 7;
  const random = (below: number): number => (seed = (seed * 48271) % 2147483647) % below;
  await run(
    coro(function* () {
      const reader = new StreamReader({ limit: 1 << 20 });
      for (let at = 0; at < text.length;) {
        const length = 1 + random(40);
        reader.feedData(bytes(text.slice(at, at + length)));
        at += length;
      }
      reader.feedEof();
      let at = 0;
      while (at < text.length) {
        const kind = random(4);
        let piece: string;
        let expected: string;
        if (kind === 0) {
          const count = 1 + random(100);
          piece = (yield* reader.read(count)).toString();
          expected = text.slice(at, at + count);
        } else if (kind === 1) {
          const count = Math.min(1 + random(300), text.length - at);
          piece = (yield* reader.readExactly(count)).toString();
          expected = text.slice(at, at + count);
        } else {
          const newline = text.indexOf("\n", at);
          expected = newline < 0 ? text.slice(at) : text.slice(at, newline + 1);
          piece = (yield* reader.readLine()).toString();
        }
        assert.equal(piece, expected);
        at += piece.length;
      }
      assert.ok(reader.atEof());
    })(),
  );
}
