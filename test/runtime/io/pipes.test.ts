import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { constants, fstatSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Future, getRunningLoop, until, ValueError } from "asyncscope";
import type { WriteTransport } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { bytes, ioProgram, Recorder } from "../../support/runtime-io.js";
import { runProgram } from "../../support/runtime-process.js";
import { turns } from "../../support/turns.js";

/** Both ends of a pipe of the kernel's. */
function openPipe(folder: string): { reads: number; writes: number } {
  const path = join(folder, "pipe");
  const makeFifo = "mkfifo";
  execFileSync(makeFifo, [path]);
  const reads = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writes = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  rmSync(path);
  return { reads, writes };
}

function isOpen(fd: number): boolean {
  try {
    fstatSync(fd);
    return true;
  } catch {
    return false;
  }
}

describe("pipes over file descriptors", () => {
  let folder: string;
  before(function () {
    if (process.platform === "win32") this.skip();
    folder = mkdtempSync(join(tmpdir(), "asyncscope-pipes-"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  inBothForms((form) => {
    const { wait } = form;
    const recorder = (): Recorder => new Recorder();

    it("carry data from connectWritePipe to connectReadPipe, with flow control, and close their descriptors", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const { reads, writes } = openPipe(folder);
        const [writer, sender] = yield* wait(loop.connectWritePipe(recorder, writes));
        const [reader, receiver] = yield* wait(loop.connectReadPipe(recorder, reads));
        assert.equal(reader.getExtraInfo("pipe"), reads);
        reader.pauseReading();
        const data = Buffer.alloc(1_000_000, "x");
        writer.write(data);
        assert.deepEqual(sender.calls, ["made", "pause"]);
        yield* wait(turns(20));
        assert.equal(receiver.received, "");
        reader.resumeReading();
        yield* wait(sender.when(() => sender.calls.includes("resume")));
        writer.write(bytes("end"));
        writer.close();
        yield* wait(sender.lost);
        yield* wait(receiver.lost);
        assert.equal(receiver.received.length, data.length + 3);
        assert.deepEqual(receiver.calls.slice(-2), ["eof", "lost"]);
        assert.equal(sender.error, null);
        assert.equal(receiver.error, null);
        assert.ok(!isOpen(reads) && !isOpen(writes));
      }));

    it("tell the writer that the reader is gone", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const { reads, writes } = openPipe(folder);
        const [writer, sender] = yield* wait(loop.connectWritePipe(recorder, writes));
        const [reader, receiver] = yield* wait(loop.connectReadPipe(recorder, reads));
        reader.close();
        yield* wait(receiver.lost);
        writer.write(bytes("x"));
        yield* wait(sender.lost);
        assert.equal((sender.error as NodeJS.ErrnoException).code, "EPIPE");
      }));

    it("can be files too", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const path = join(folder, "file");
        writeFileSync(path, "");
        const [writer, sender] = yield* wait(loop.connectWritePipe(recorder, openSync(path, "w")));
        writer.write(bytes("hello\n"));
        writer.close();
        yield* wait(sender.lost);
        assert.equal(readFileSync(path, "latin1"), "hello\n");
        const [, receiver] = yield* wait(loop.connectReadPipe(recorder, openSync(path, "r")));
        yield* wait(receiver.lost);
        assert.equal(receiver.received, "hello\n");
      }));

    it("refuse what is no descriptor", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        for (const fd of [-1, 1.5])
          assert.ok((yield* thrownBy(form, loop.connectReadPipe(recorder, fd))) instanceof ValueError);
        const error = yield* thrownBy(form, loop.connectWritePipe(recorder, 9999));
        assert.equal((error as NodeJS.ErrnoException).code, "EBADF");
      }));

    it("abort() drops what is not yet in the pipe", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const { reads, writes } = openPipe(folder);
        const lost = new Future<void>();
        const [writer] = yield* wait(
          loop.connectWritePipe(() => ({ connectionLost: () => lost.setResult() }), writes),
        );
        (writer satisfies WriteTransport).write(Buffer.alloc(1_000_000));
        writer.abort();
        yield* wait(lost);
        const [, receiver] = yield* wait(loop.connectReadPipe(recorder, reads));
        yield* wait(receiver.lost);
        assert.ok(receiver.received.length < 1_000_000);
        yield* wait(until(new Promise(setImmediate)));
      }));
  });

  it("[slow] a program reads its own stdin and writes its own stdout", async () => {
    const { code, stdout, stderr } = await runProgram(`
      import { createSubprocessExec, openReader, PIPE, run } from "asyncscope";
      if (process.argv[2] === "child")
        await run(async () => {
          for await (const line of openReader(process.stdin)) console.log("got " + String(line).trim());
        });
      else
        await run(async () => {
          const child = await createSubprocessExec(process.execPath, [process.argv[1], "child"], { stdin: PIPE, stdout: PIPE });
          const [out] = await child.communicate(Buffer.from("a\\nb\\n"));
          console.log(child.returnCode, JSON.stringify(String(out)));
        });
    `);
    assert.equal(stderr, "");
    assert.equal(stdout, '0 "got a\\ngot b\\n"\n');
    assert.equal(code, 0);
  });
});
