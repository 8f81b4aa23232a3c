import assert from "node:assert/strict";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BrokenPipeError,
  ConnectionResetError,
  createSubprocessExec,
  createSubprocessShell,
  DEVNULL,
  isCancelled,
  PIPE,
  ProcessLookupError,
  STDOUT,
  until,
  ValueError,
} from "asyncscope";
import type { Process, StreamReader, StreamWriter } from "asyncscope";
import { generatorForm, inBothForms } from "../../support/both-forms.js";
import { thrownBy } from "../../support/outcomes.js";
import { isAlive, openPipes } from "../../support/processes.js";
import { bytes, ioProgram } from "../../support/runtime-io.js";
import { turns } from "../../support/turns.js";

const BIG = Buffer.alloc(4 * 1024 * 1024, "0123456789abcdef\n");
const PIPES = { stdin: PIPE, stdout: PIPE, stderr: PIPE };

describe("subprocesses", function () {
  this.timeout(120_000);
  before(function () {
    if (process.platform === "win32") this.skip();
  });

  inBothForms((form) => {
    const { wait } = form;

    it("SP-01 communicate() feeds stdin and reads stdout and stderr at the same time, however much it is", () =>
      ioProgram(form, function* () {
        // It fills stderr before it reads anything.
        const command = "head -c 1000000 /dev/zero >&2; cat; exec head -c 1000000 /dev/zero >&2";
        const child = yield* wait(createSubprocessShell(command, PIPES));
        const [out, err] = yield* wait(child.communicate(BIG));
        assert.ok(out.equals(BIG));
        assert.equal(err.length, 2_000_000);
        assert.equal(child.returnCode, 0);
      }));

    it("SP-02 communicate() without input closes stdin; streams that are no pipes are null", () =>
      ioProgram(form, function* () {
        for (const input of [undefined, null, Buffer.alloc(0)]) {
          const child = yield* wait(
            createSubprocessExec("cat", [], { stdin: PIPE, stdout: PIPE, stderr: DEVNULL }),
          );
          assert.deepEqual(yield* wait(child.communicate(input)), [Buffer.alloc(0), null]);
        }
      }));

    it("communicate() with input for a stdin that is no pipe, or with a string, is an error", () =>
      ioProgram(form, function* () {
        const child = yield* wait(createSubprocessExec("cat", [], { stdin: DEVNULL, stdout: PIPE }));
        const noPipe = yield* thrownBy(form, child.communicate(bytes("x")));
        assert.ok(noPipe instanceof ValueError);
        assert.match(noPipe.message, /stdin is not PIPE/);
        assert.ok((yield* thrownBy(form, child.communicate("x" as never))) instanceof TypeError);
        assert.deepEqual(yield* wait(child.communicate()), [Buffer.alloc(0), null]);
      }));

    it("SP-03 communicate() ignores that the process does not read; stdin.drain() does not", () =>
      ioProgram(form, function* () {
        const deaf = yield* wait(createSubprocessShell("exec 0<&-; echo ok", PIPES));
        const [out] = yield* wait(deaf.communicate(BIG));
        assert.equal(out.toString(), "ok\n");

        // At whichever moment of its end.
        for (let n = 0; n < 20; n++) {
          const child = yield* wait(createSubprocessExec("true", [], { stdin: PIPE }));
          for (let turn = 0; turn < n; turn++) yield* wait(until(new Promise(setImmediate)));
          child.stdin.write(BIG);
          const error = yield* thrownBy(form, child.stdin.drain());
          assert.ok(error instanceof BrokenPipeError || error instanceof ConnectionResetError, String(error));
          assert.equal(yield* wait(child.wait()), 0);
          const later = yield* thrownBy(form, child.stdin.drain());
          assert.ok(later instanceof ConnectionResetError);
        }
      }));

    it("SP-04 the return code is the exit code, or the negative number of the signal that ended it", () =>
      ioProgram(form, function* () {
        const exits = yield* wait(createSubprocessShell("exit 7"));
        assert.equal(yield* wait(exits.wait()), 7);
        for (const [end, code] of [
          ["kill", -9],
          ["terminate", -15],
          ["SIGHUP", -1],
        ] as const) {
          const child = yield* wait(createSubprocessExec("sleep", ["60"]));
          assert.equal(child.returnCode, null);
          if (end === "SIGHUP") child.sendSignal(end);
          else child[end]();
          assert.equal(yield* wait(child.wait()), code);
          assert.equal(child.returnCode, code);
          assert.ok(!isAlive(child.pid));
        }
      }));

    it("SP-05 what it wrote can be read after it has ended, also more than the reader's limit", () =>
      ioProgram(form, function* () {
        const child = yield* wait(
          createSubprocessExec("head", ["-c", "30000", "/dev/zero"], { stdout: PIPE, limit: 1000 }),
        );
        assert.equal(yield* wait(child.wait()), 0);
        assert.equal((yield* wait(child.stdout.read())).length, 30_000);
        assert.ok(child.stdout.atEof());
      }));

    it("SP-06 any number of tasks may wait; cancelling one does not end the process", () =>
      ioProgram(form, function* () {
        const child = yield* wait(createSubprocessExec("cat", [], { stdin: PIPE }));
        const waiters = [1, 2, 3].map(() =>
          form.start(function* () {
            return yield* wait(child.wait());
          }),
        );
        yield* wait(turns(3));
        waiters[0]!.cancel();
        yield* wait(turns(3));
        assert.ok(waiters[0]!.cancelled());
        assert.equal(child.returnCode, null);
        assert.ok(isAlive(child.pid));
        child.stdin.close();
        assert.equal(yield* wait(waiters[1]!), 0);
        assert.equal(yield* wait(waiters[2]!), 0);
        assert.equal(yield* wait(child.wait()), 0);
      }));

    for (const stderr of [PIPE, STDOUT] as const)
      it(`SP-07 cancelling the creation at any moment kills the process and closes its pipes, stderr ${stderr}`, () =>
        ioProgram(form, function* () {
          const before = openPipes();
          let cancelled = 0;
          const made: Process[] = [];
          for (let moment = 0; made.length === 0; moment++) {
            const task = form.start(function* () {
              made.push(yield* wait(createSubprocessExec("sleep", ["60"], { ...PIPES, stderr })));
            });
            for (let n = 0; n < moment; n++)
              yield* wait(moment < 5 ? turns(1) : until(new Promise(setImmediate)));
            task.cancel();
            const error = task.done() ? null : yield* thrownBy(form, task);
            // One that was made and handed over before the cancel is the task's own.
            if (made[0] !== undefined) break;
            assert.ok(isCancelled(error));
            cancelled++;
            for (let n = 0; n < 3; n++) yield* wait(until(new Promise(setImmediate)));
            assert.equal(openPipes(), before, `left after a cancel at moment ${moment}`);
          }
          made[0]!.kill();
          yield* wait(made[0]!.wait());
          assert.ok(cancelled > 1);
        }));

    it("SP-10 a signal to a process that has ended is a ProcessLookupError", () =>
      ioProgram(form, function* () {
        const child = yield* wait(createSubprocessExec("true"));
        yield* wait(child.wait());
        for (const signal of [() => child.kill(), () => child.terminate(), () => child.sendSignal(2)])
          assert.throws(
            signal,
            (error) =>
              error instanceof ProcessLookupError &&
              (error.code as string) === "ESRCH" &&
              /has ended/.test(error.message),
          );
      }));

    it("an unknown signal is refused", () =>
      ioProgram(form, function* () {
        const child = yield* wait(createSubprocessExec("sleep", ["60"]));
        assert.throws(() => child.sendSignal("SIGNONE" as never), TypeError);
        child.kill();
        yield* wait(child.wait());
      }));

    it("SP-13 closing this end of its stdout gives the process a broken pipe", () =>
      ioProgram(form, function* () {
        // With something left unread, the kernel would say that the connection is reset.
        const child = yield* wait(
          createSubprocessExec("sh", ["-c", "read go; exec yes"], { stdin: PIPE, stdout: PIPE }),
        );
        child._transport.getPipeTransport(1)!.close();
        child.stdin.write(bytes("go\n"));
        assert.equal(yield* wait(child.wait()), -13);
      }));

    it("SP-14 one that cannot be started says why, and leaves neither pipes nor warnings", async () => {
      const warnings: unknown[] = [];
      const note = (warning: unknown): unknown => warnings.push(warning);
      process.on("warning", note);
      await ioProgram(form, function* () {
        const before = openPipes();
        for (const [program, options, code, text] of [
          ["no-such-program", PIPES, "ENOENT", /cannot start no-such-program: no program of that name/],
          ["/no/such/program", { ...PIPES, stderr: STDOUT }, "ENOENT", /there is no such file/],
          ["/etc/passwd", {}, "EACCES", /no program that this user may run/],
          [
            "true",
            { ...PIPES, cwd: "/no/such/folder" },
            "ENOENT",
            /working directory \/no\/such\/folder does not exist/,
          ],
          ["true", { cwd: "/etc/passwd" }, "ENOTDIR", /working directory \/etc\/passwd is a file/],
          ["true", { ...PIPES, env: { LONG: "x".repeat(4_000_000) } }, "E2BIG", /too long/],
        ] as const) {
          const error = yield* thrownBy(form, createSubprocessExec(program, [], options as object));
          assert.ok(error instanceof Error);
          assert.match(error.message, text);
          assert.equal((error as NodeJS.ErrnoException).code, code);
          assert.ok(error.cause instanceof Error);
        }
        yield* wait(until(new Promise(setImmediate)));
        yield* wait(until(new Promise(setImmediate)));
        assert.equal(openPipes(), before);
      });
      process.off("warning", note);
      assert.deepEqual(warnings, []);
    });

    it("JS-18 wait() waits for the pipes too: a process that inherited them may hold them longer", () => {
      const folder = mkdtempSync(join(tmpdir(), "asyncscope-fifo-"));
      const fifo = join(folder, "fifo");
      return ioProgram(form, function* () {
        const made = yield* wait(createSubprocessExec("mkfifo", [fifo]));
        assert.equal(yield* wait(made.wait()), 0);
        const child = yield* wait(
          createSubprocessExec("sh", ["-c", 'cat "$1" & exit 3', "sh", fifo], { stdout: PIPE }),
        );
        const waiting = form.start(function* () {
          return yield* wait(child.wait());
        });
        while (child.returnCode === null) yield* wait(until(new Promise(setImmediate)));
        assert.equal(child.returnCode, 3);
        yield* wait(turns(20));
        assert.ok(!waiting.done());
        writeFileSync(fifo, "late");
        assert.equal(yield* wait(waiting), 3);
        assert.equal((yield* wait(child.stdout.read())).toString(), "late");
      }).finally(() => rmSync(folder, { recursive: true }));
    });

    it("stderr: STDOUT puts both into one stream, in the order in which they were written", () =>
      ioProgram(form, function* () {
        const command = "for n in 1 2 3; do echo out $n; echo err $n >&2; done";
        const child = yield* wait(createSubprocessShell(command, { stdout: PIPE, stderr: STDOUT }));
        assert.equal(child.stderr, null);
        const [both] = yield* wait(child.communicate());
        assert.equal(both.toString(), "out 1\nerr 1\nout 2\nerr 2\nout 3\nerr 3\n");

        const silent = yield* wait(createSubprocessShell("echo x >&2", { stdout: DEVNULL, stderr: STDOUT }));
        assert.equal(yield* wait(silent.wait()), 0);
      }));

    it("a file descriptor or a stream with one can be a stream of it", () => {
      const folder = mkdtempSync(join(tmpdir(), "asyncscope-files-"));
      return ioProgram(form, function* () {
        const into = openSync(join(folder, "out"), "w+");
        const child = yield* wait(
          createSubprocessShell("cat; echo err >&2", { stdin: PIPE, stdout: into, stderr: STDOUT }),
        );
        yield* wait(child.communicate(bytes("out\n")));
        closeSync(into);
        assert.equal(readFileSync(join(folder, "out"), "latin1"), "out\nerr\n");
        const from = openSync(join(folder, "out"), "r");
        const reads = yield* wait(createSubprocessExec("cat", [], { stdin: { fd: from }, stdout: PIPE }));
        const [text] = yield* wait(reads.communicate());
        closeSync(from);
        assert.equal(text.toString(), "out\nerr\n");
      }).finally(() => rmSync(folder, { recursive: true }));
    });

    it("cwd, env, argv0 and the shell are its own", () =>
      ioProgram(form, function* () {
        const child = yield* wait(
          createSubprocessExec("sh", ["-c", 'pwd; echo "$WHO"; echo "$0"'], {
            stdout: PIPE,
            cwd: new URL("file:///"),
            env: { WHO: "me", PATH: process.env["PATH"] },
            argv0: "shell",
          }),
        );
        assert.equal((yield* wait(child.communicate()))[0].toString(), "/\nme\nshell\n");
        const shell = yield* wait(createSubprocessShell("echo $0", { stdout: PIPE, shell: "/bin/sh" }));
        assert.equal((yield* wait(shell.communicate()))[0].toString(), "/bin/sh\n");
      }));

    it("a process that writes more than is read waits, up to twice the limit", () =>
      ioProgram(form, function* () {
        const child = yield* wait(createSubprocessExec("yes", [], { stdout: PIPE, limit: 10_000 }));
        assert.equal((yield* wait(child.stdout.readLine())).toString(), "y\n");
        const pipe = child._transport.getPipeTransport(1)!;
        while (pipe.isReading()) yield* wait(until(new Promise(setImmediate)));
        const buffered = child.stdout._buffer.size;
        assert.ok(buffered > 20_000 && buffered < 20_000 + 70_000, String(buffered));
        yield* wait(child.stdout.readExactly(buffered - 10));
        assert.ok(pipe.isReading());
        child.kill();
        yield* wait(child.wait());
      }));

    it("stdin.drain() waits for a process that reads slowly", () =>
      ioProgram(form, function* () {
        const child = yield* wait(createSubprocessExec("cat", [], { stdin: PIPE, stdout: PIPE }));
        child.stdin.write(BIG);
        const draining = form.start(function* () {
          yield* wait(child.stdin.drain());
        });
        yield* wait(turns(20));
        assert.ok(!draining.done());
        assert.ok((yield* wait(child.stdout.readExactly(BIG.length))).equals(BIG));
        yield* wait(draining);
        child.stdin.close();
        yield* wait(child.stdin.waitClosed());
        assert.equal(yield* wait(child.wait()), 0);
      }));

    it("a cancelled communicate() loses nothing and can be called again", () =>
      ioProgram(form, function* () {
        const child = yield* wait(
          createSubprocessExec("cat", [], { stdin: PIPE, stdout: PIPE, stderr: PIPE }),
        );
        child.stdin.write(bytes("first "));
        const reading = form.start(function* () {
          yield* wait(child.stdout.readExactly(1000));
        });
        yield* wait(turns(2));
        const second = yield* thrownBy(form, child.communicate());
        assert.match(String(second), /communicate\(\) called while another task is already waiting/);
        reading.cancel();
        yield* wait(turns(2));
        const task = form.start(function* () {
          yield* wait(child.communicate(bytes("second")));
        });
        yield* wait(turns(2));
        task.cancel();
        yield* thrownBy(form, task);
        assert.equal((yield* wait(child.communicate()))[0].toString(), "first second");
      }));

    it("`await using` kills what still runs, and waits for its end", () =>
      ioProgram(form, function* () {
        let pid = 0;
        yield* wait(
          until(
            (async () => {
              await using child = await createSubprocessExec("sleep", ["60"], { stdout: PIPE });
              pid = child.pid;
              assert.ok(isAlive(pid));
            })(),
          ),
        );
        assert.ok(pid > 0 && !isAlive(pid));
      }));
  });

  it("SP-11 options of text, of Node's own functions and unknown ones are refused", () =>
    ioProgram(generatorForm, function* () {
      const refused = (options: object): unknown => {
        try {
          createSubprocessExec("true", [], options).close();
        } catch (error) {
          return error;
        }
        return assert.fail(`${JSON.stringify(options)} were taken`);
      };
      for (const options of [
        { text: true },
        { encoding: "utf8" },
        { universalNewlines: true },
        { errors: "strict" },
        { bufsize: 1 },
        { shell: true },
        { stdio: "pipe" },
        { timeout: 10 },
        { input: "x" },
        { signal: new AbortController().signal },
        { stdin: "inherit" },
        { stdout: STDOUT },
        { stdout: -1 },
        { stdin: {} },
        { limit: 0 },
      ]) {
        const error = refused(options);
        assert.ok(error instanceof ValueError, `${JSON.stringify(options)}: ${String(error)}`);
      }
      for (const options of [{ colour: "red" }, { Stdin: PIPE }])
        assert.ok(refused(options) instanceof TypeError, JSON.stringify(options));
      const off = { text: false, encoding: null, bufsize: 0, shell: false };
      const child = yield* createSubprocessExec("true", [], off as object);
      yield* child.wait();
      assert.throws(() => createSubprocessExec("ls", "-l" as never), TypeError);
      assert.throws(() => createSubprocessExec(""), TypeError);
      assert.throws(() => createSubprocessShell(""), /a shell needs a command/);
    }));

  it("has the types of the streams that were asked for", () => {
    // For the compiler alone.
    const typed = function* () {
      const all = yield* createSubprocessExec("true", [], PIPES);
      const [out, err]: [Buffer, Buffer] = yield* all.communicate();
      const stdin: StreamWriter = all.stdin;
      const none = yield* createSubprocessExec("true");
      const nothing: [null, null] = yield* none.communicate();
      const noStdin: null = none.stdin;
      const merged = yield* createSubprocessShell("true", { stdout: PIPE, stderr: STDOUT });
      const stdout: StreamReader = merged.stdout;
      const stderr: null = merged.stderr;
      return [out, err, stdin, nothing, noStdin, stdout, stderr];
    };
    assert.equal(typeof typed, "function");
  });
});
