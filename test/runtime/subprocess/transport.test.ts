import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  BaseSubprocessTransport,
  DEVNULL,
  Future,
  getRunningLoop,
  ProcessLookupError,
  STDOUT,
  SubprocessStreamProtocol,
  until,
} from "asyncscope";
import type { ExceptionContext, SubprocessProtocol, SubprocessTransport } from "asyncscope";
import { inBothForms } from "../../support/both-forms.js";
import { isAlive } from "../../support/processes.js";
import { bytes, ioProgram } from "../../support/runtime-io.js";
import { turns } from "../../support/turns.js";

/** Writes down what it is told. */
class Recorder implements SubprocessProtocol {
  readonly calls: string[] = [];
  transport!: SubprocessTransport;
  received: [string, string, string] = ["", "", ""];
  readonly exited = new Future<void>();
  readonly lost = new Future<void>();

  connectionMade(transport: SubprocessTransport): void {
    this.transport = transport;
    this.calls.push("made");
  }

  pipeDataReceived(fd: 1 | 2, data: Buffer): void {
    this.received[fd] = `${this.received[fd]}${data.toString()}`;
    if (this.calls.at(-1) !== `data ${fd}`) this.calls.push(`data ${fd}`);
  }

  pipeConnectionLost(fd: 0 | 1 | 2, error: Error | null): void {
    this.calls.push(`lost ${fd}${error === null ? "" : ` ${error.message}`}`);
  }

  processExited(): void {
    this.calls.push("exited");
    this.exited.setResult();
  }

  connectionLost(error: Error | null): void {
    this.calls.push(`lost${error === null ? "" : ` ${error.message}`}`);
    this.lost.setResult();
  }
}

/** Counts the signals that are sent to a process from now on. */
function countKills(transport: SubprocessTransport): () => number {
  const child = transport.getExtraInfo("subprocess")!;
  const kill = child.kill.bind(child);
  let count = 0;
  child.kill = (signal) => {
    count++;
    return kill(signal);
  };
  return () => count;
}

describe("subprocess transports", function () {
  this.timeout(120_000);
  before(function () {
    if (process.platform === "win32") this.skip();
  });

  inBothForms((form) => {
    const { wait } = form;
    const recorder = (): Recorder => new Recorder();

    it("SP-12 the data of each pipe comes before its end, all of it before the end of the process is told", () =>
      ioProgram(form, function* () {
        const [transport, protocol] = yield* wait(
          getRunningLoop().subprocessShell(recorder, "cat; echo err >&2; exit 5"),
        );
        assert.equal(transport, protocol.transport);
        assert.deepEqual(protocol.calls, ["made"]);
        assert.equal(transport.getReturnCode(), null);
        assert.equal(transport.getPipeTransport(3), null);
        const stdin = transport.getPipeTransport(0)!;
        stdin.write(bytes("hello"));
        stdin.writeEof();
        yield* wait(protocol.lost);
        assert.deepEqual(protocol.received, ["", "hello", "err\n"]);
        for (const fd of [1, 2])
          assert.ok(protocol.calls.indexOf(`data ${fd}`) < protocol.calls.indexOf(`lost ${fd}`));
        assert.deepEqual([...protocol.calls].sort(), [
          "data 1",
          "data 2",
          "exited",
          "lost",
          "lost 0",
          "lost 1",
          "lost 2",
          "made",
        ]);
        assert.equal(protocol.calls.at(-1), "lost");
        assert.equal(transport.getReturnCode(), 5);
      }));

    it("SP-12 a paused pipe keeps its data, also over the end of the process", () =>
      ioProgram(form, function* () {
        const [transport, protocol] = yield* wait(
          getRunningLoop().subprocessExec(
            () =>
              new (class extends Recorder {
                override connectionMade(made: SubprocessTransport): void {
                  super.connectionMade(made);
                  made.getPipeTransport(1)!.pauseReading();
                }
              })(),
            "head",
            ["-c", "100000", "/dev/zero"],
            { stdin: DEVNULL, stderr: null },
          ),
        );
        yield* wait(protocol.exited);
        for (let n = 0; n < 20; n++) yield* wait(until(new Promise(setImmediate)));
        assert.deepEqual(protocol.calls, ["made", "exited"]);
        assert.equal(transport.getReturnCode(), 0);
        transport.getPipeTransport(1)!.resumeReading();
        yield* wait(protocol.lost);
        assert.equal(protocol.received[1].length, 100_000);
        assert.deepEqual(protocol.calls, ["made", "exited", "data 1", "lost 1", "lost"]);
      }));

    it("SP-09 close() kills a process that runs, and not one that has ended", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const [running, one] = yield* wait(loop.subprocessExec(recorder, "sleep", ["60"]));
        const kills = countKills(running);
        running.close();
        running.close();
        assert.ok(running.isClosing());
        yield* wait(one.lost);
        assert.equal(kills(), 1);
        assert.equal(running.getReturnCode(), -9);
        assert.ok(!isAlive(running.getPid()));

        const [ended, other] = yield* wait(loop.subprocessExec(recorder, "true"));
        const killsOfEnded = countKills(ended);
        yield* wait(other.exited);
        ended.close();
        yield* wait(other.lost);
        ended.close();
        assert.equal(killsOfEnded(), 0);
        assert.equal(ended.getReturnCode(), 0);
      }));

    it("SP-10 after the end was told, signals throw; between the exit and that they do nothing", () =>
      ioProgram(form, function* () {
        const [transport, protocol] = yield* wait(
          getRunningLoop().subprocessExec(
            () =>
              new (class extends Recorder {
                override processExited(): void {
                  super.processExited();
                  this.transport.terminate();
                }
              })(),
            "true",
          ),
        );
        yield* wait(protocol.lost);
        for (const signal of [
          () => transport.sendSignal("SIGUSR1"),
          () => transport.terminate(),
          () => transport.kill(),
        ])
          assert.throws(signal, ProcessLookupError);
        assert.equal(transport.getReturnCode(), 0);
      }));

    it("SP-08 a pipe that is closed, or fails while it is connected, does not keep wait() waiting", () => {
      const reports: ExceptionContext[] = [];
      return ioProgram(
        form,
        function* () {
          const loop = getRunningLoop();
          // Closed before: its end is not told to anybody any more.
          const child = spawn("sleep", ["60"]);
          child.stdout.destroy();
          yield* wait(until(once(child.stdout, "close")));
          const protocol = new Recorder();
          const transport = new BaseSubprocessTransport(loop, protocol, child);
          assert.equal(transport.getPipeTransport(1), null);
          transport.getPipeTransport(0)!.close();
          transport.kill();
          yield* wait(protocol.lost);
          assert.equal(transport.getReturnCode(), -9);

          // It fails in the middle of the making.
          const [, failing] = yield* wait(
            loop.subprocessExec(
              () =>
                new (class extends Recorder {
                  override connectionMade(made: SubprocessTransport): void {
                    super.connectionMade(made);
                    made.getExtraInfo("subprocess")!.stdout!.destroy(new Error("broken"));
                  }
                })(),
              "true",
            ),
          );
          yield* wait(failing.lost);
          assert.ok(failing.calls.includes("lost 1 broken"));
        },
        reports,
      ).then(() =>
        // What is no error of the system is the program's own.
        assert.deepEqual(
          reports.map(({ message }) => message),
          ["Fatal error on transport"],
        ),
      );
    });

    it("takes a process that was started elsewhere, also one that has ended", () =>
      ioProgram(form, function* () {
        const loop = getRunningLoop();
        const child = spawn("sh", ["-c", "exit 4"], { stdio: "ignore" });
        yield* wait(until(once(child, "exit")));
        const protocol = new Recorder();
        const transport = new BaseSubprocessTransport(loop, protocol, child, { description: "job" });
        yield* wait(protocol.lost);
        assert.deepEqual(protocol.calls, ["made", "exited", "lost"]);
        assert.equal(transport.getReturnCode(), 4);

        const failed = spawn("/no/such/program");
        failed.on("error", () => undefined);
        assert.throws(() => new BaseSubprocessTransport(loop, protocol, failed), /was not started/);
      }));

    it("an error in the protocol is reported and leaves the process alone", async () => {
      const reports: ExceptionContext[] = [];
      await ioProgram(
        form,
        function* () {
          const [transport, protocol] = yield* wait(
            getRunningLoop().subprocessExec(
              () =>
                new (class extends Recorder {
                  override pipeDataReceived(): void {
                    throw new Error("mine");
                  }
                })(),
              "echo",
              ["x"],
            ),
          );
          yield* wait(protocol.lost);
          assert.equal(transport.getReturnCode(), 0);
        },
        reports,
      );
      assert.deepEqual(
        reports.map(({ message, exception }) => [message, (exception as Error).message]),
        [["protocol.pipeDataReceived() failed", "mine"]],
      );
    });

    it("stdin tells the protocol to pause and to resume", () =>
      ioProgram(form, function* () {
        const notes: string[] = [];
        const [transport, protocol] = yield* wait(
          getRunningLoop().subprocessExec(
            () =>
              Object.assign(new Recorder(), {
                pauseWriting: () => notes.push("pause"),
                resumeWriting: () => notes.push("resume"),
              }),
            "cat",
            [],
            { stdout: DEVNULL, stderr: STDOUT },
          ),
        );
        const stdin = transport.getPipeTransport(0)!;
        stdin.write(Buffer.alloc(4_000_000));
        assert.deepEqual(notes, ["pause"]);
        stdin.writeEof();
        yield* wait(protocol.lost);
        assert.deepEqual(notes, ["pause", "resume"]);
      }));

    it("the streams of a process that ended read on what its children write, within bounds", () =>
      ioProgram(form, function* () {
        // `yes` inherits stdout and goes on when the shell has ended.
        const [transport, protocol] = yield* wait(
          getRunningLoop().subprocessShell(
            () => new SubprocessStreamProtocol({ limit: 1000 }),
            "yes & exit 0",
          ),
        );
        const pipe = transport.getPipeTransport(1)!;
        const reader = protocol.stdout!;
        while (transport.getReturnCode() === null || pipe.isReading())
          yield* wait(until(new Promise(setImmediate)));
        const size = reader._buffer.size;
        assert.ok(size > 1024 * 1024 && size < 1024 * 1024 + 70_000, String(size));
        yield* wait(turns(3));
        yield* wait(reader.readExactly(size - 500));
        yield* wait(reader.readExactly(2000));
        transport.close();
      }));
  });
});
