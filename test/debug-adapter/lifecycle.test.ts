import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn } from "node:child_process";
import { fixture, isAlive, Session } from "../support/dap-session.js";

/** Nothing that goes wrong may take longer, in milliseconds. */
const PROMPT_MS = 20_000;

let folder = "";
const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

async function gone(pid: number): Promise<void> {
  const end = performance.now() + PROMPT_MS;
  while (isAlive(pid)) {
    assert.ok(performance.now() < end, `process ${pid} is still there`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("running a program", () => {
  before(() => (folder = mkdtempSync(join(tmpdir(), "asyncscope-test-"))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => Session.closeAll());

  const run = async (text: string, config: Record<string, unknown> = {}): Promise<Session> => {
    const session = Session.spawn();
    await session.launch(write("program.cjs", text), { config });
    return session;
  };

  it("passes arguments, folder, environment and output on", async () => {
    const session = await run(
      "console.log(process.argv.slice(2).join('|'), process.cwd(), process.env.GREETING, process.env.HOME_GONE); console.error('bad')",
      { args: ["a b", "$HOME", "*"], cwd: folder, env: { GREETING: "hé", HOME_GONE: null } },
    );
    assert.equal(await session.ended(), 0);
    assert.equal(session.client.output("stdout"), `a b|$HOME|* ${folder} hé undefined\n`);
    assert.equal(session.client.output("stderr"), "bad\n");
  });

  it("reads an environment file, which env overrides", async () => {
    const envFile = write("test.env", "A=from file\nB='two'\n# comment\n");
    const session = await run("console.log(process.env.A, process.env.B)", { envFile, env: { B: "three" } });
    await session.ended();
    assert.equal(session.client.output("stdout"), "from file three\n");
  });

  for (const [what, text, code] of [
    ["exits with a code", "process.exit(3)", 3],
    ["throws at the start", "throw new Error('early')", 1],
    ["has a syntax error", "let let = 1", 1],
    ["rejects without a handler", "Promise.reject(new Error('lost'))", 1],
    ["kills itself", "process.kill(process.pid, 'SIGKILL')", 137],
    ["aborts", "process.abort()", 134],
    ["overflows its stack", "(function f() { f(); })()", 1],
    ["ends at once", "", 0],
    ["closes its inspector", "require('inspector').close(); setTimeout(() => process.exit(4), 50)", 4],
  ] as const)
    it(`reports the end of a program that ${what}`, async () => {
      const session = await run(text);
      assert.equal(await session.ended(), code);
      assert.doesNotMatch(
        session.client.output("stderr"),
        /Debugger (attached|ending)|Waiting for the debugger/,
      );
    });

  it("leaves no trace in the program or in what it starts", async () => {
    const session = await run(`
      const { fork } = require("node:child_process");
      if (process.argv[2] === "child") {
        console.log("child", process.execArgv.length, require("inspector").url());
      } else {
        console.log(Object.keys(process.env).filter((k) => /asyncscope_launch/i.test(k)).length, process.execArgv.length);
        fork(__filename, ["child"]);
      }`);
    assert.equal(await session.ended(), 0);
    assert.equal(session.client.output("stdout"), "0 0\nchild 0 undefined\n");
  });

  it("works with NODE_OPTIONS of the user's", async () => {
    const required = write("required.cjs", "globalThis.fromOptions = 'yes';");
    const session = await run("console.log(globalThis.fromOptions)", {
      env: { NODE_OPTIONS: `--require ${required} --max-old-space-size=200` },
    });
    assert.equal(await session.ended(), 0);
    assert.equal(session.client.output("stdout"), "yes\n");
  });

  it("carries 50 MB of output without losing any, in order", async () => {
    const session = await run(`
      const line = "x".repeat(99) + "\\n";
      for (let i = 0; i < 500; i++) process.stdout.write(line.repeat(1000));
      process.stdout.write("end\\n");`);
    assert.equal(await session.ended(), 0);
    const text = session.client.output("stdout");
    assert.equal(text.length, 50_000_004);
    assert.ok(text.endsWith("x\nend\n"));
  }).timeout(120_000);

  it("does not gather output of a program that writes faster than the client reads", async () => {
    const session = await run(
      "setInterval(() => { for (let i = 0; i < 100; i++) process.stdout.write('y'.repeat(100000)); }, 1)",
    );
    const { stdout } = session.adapterProcess;
    stdout!.pause();
    const pid = session.adapterProcess.pid!;
    const { readFileSync } = await import("node:fs");
    const megabytes = (): number =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024;
    await new Promise((resolve) => setTimeout(resolve, 1500));
    assert.ok(megabytes() < 300, `${megabytes()} MB`);
    stdout!.resume();
  });

  it("stops on entry before the first statement", async () => {
    const session = Session.spawn();
    await session.launch("simple.cjs", { config: { stopOnEntry: true } });
    assert.equal((await session.stopped()).reason, "entry");
    assert.equal((await session.frames())[0]!.line, 2);
    await session.resume();
    assert.equal(await session.ended(), 0);
  });

  it("stops on entry of an ES module", async () => {
    const session = Session.spawn();
    await session.launch("native-async.mjs", { config: { stopOnEntry: true } });
    assert.equal((await session.stopped()).reason, "entry");
    const [top] = await session.frames();
    assert.equal(top!.path, fixture("native-async.mjs"));
    await session.resume();
    assert.equal(await session.ended(), 0);
  });

  it("runs without debugging", async () => {
    const session = Session.spawn();
    await session.launch("simple.cjs", { stopAt: ["sum"], config: { noDebug: true } });
    assert.equal(await session.ended(), 0);
    assert.equal(session.client.output("stdout"), "result 5 3\n");
  });

  it("restarts", async () => {
    const session = Session.spawn();
    await session.launch("endless.cjs", { stopAt: ["turn"] });
    await session.stopAt("turn");
    const first = await session.pid();
    await session.request("restart");
    await session.stopAt("turn");
    const { systemProcessId } = await session.client.event(
      "process",
      (body) => body.systemProcessId !== first,
    );
    assert.ok(isAlive(systemProcessId));
    await gone(first);
    assert.ok(!session.client.events.some(({ event }) => event === "terminated"));
  });
});

describe("ending a session", () => {
  before(() => (folder = mkdtempSync(join(tmpdir(), "asyncscope-test-"))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => Session.closeAll());

  const STUBBORN = `
    process.on("SIGTERM", () => console.log("no"));
    setInterval(() => {}, 1000);
    console.log("ready");`;

  it("terminates with SIGTERM, which the program may handle, also at a breakpoint", async () => {
    const session = Session.spawn();
    const program = write(
      "polite.cjs",
      `process.on("SIGTERM", () => { console.log("bye"); process.exit(7); });
setInterval(() => {}, 10); console.log("ready");
setInterval(() => {
  globalThis.turn = 1; // @turn
}, 5);`,
    );
    await session.launch(program, { stopAt: ["turn"] });
    await session.stopped();
    await session.request("terminate");
    assert.equal(await session.ended(), 7);
    assert.match(session.client.output("stdout"), /bye/);
  });

  it("kills a program that ignores SIGTERM, with what it started", async () => {
    const session = Session.spawn();
    const child = write("child.cjs", STUBBORN);
    const program = write(
      "stubborn.cjs",
      `${STUBBORN}
      const child = require("node:child_process").spawn(process.execPath, [${JSON.stringify(child)}], { stdio: "inherit" });
      console.log("child", child.pid);`,
    );
    await session.launch(program);
    const childPid = await session.client.until(() => {
      const text = session.client.output("stdout");
      return text.split("ready").length === 3 ? Number(/child (\d+)/.exec(text)?.[1]) : undefined;
    }, "both to be ready");
    const start = performance.now();
    await session.request("terminate");
    await session.ended();
    assert.ok(performance.now() - start < 15_000);
    await gone(childPid);
  });

  for (const [how, end] of [
    ["disconnects", (session: Session) => session.request("disconnect")],
    ["closes its end", (session: Session) => session.adapterProcess.stdin!.end()],
    ["kills the adapter politely", (session: Session) => session.adapterProcess.kill("SIGTERM")],
  ] as const)
    for (const state of ["running", "paused", "in an endless loop"] as const)
      it(`ends a program that is ${state} when the client ${how}`, async () => {
        const session = Session.spawn();
        const program =
          state === "in an endless loop"
            ? write("loop.cjs", "console.log('ready'); for (;;);")
            : "endless.cjs";
        await session.launch(program, state === "paused" ? { stopAt: ["turn"] } : {});
        if (state === "paused") await session.stopAt("turn");
        else
          await session.client.until(
            () => (session.client.output("stdout").includes("ready") ? true : undefined),
            "ready",
          );
        const pid = await session.pid();
        const exit = session.adapterExit;
        const start = performance.now();
        await end(session);
        assert.equal(await exit, 0);
        await gone(pid);
        assert.ok(performance.now() - start < 15_000);
      });

  it("leaves the program running when the client wants that", async () => {
    const session = Session.spawn();
    const marks = join(folder, "marks");
    const program = write(
      "free.cjs",
      `setInterval(() => require("fs").appendFileSync(${JSON.stringify(marks)}, "."), 5); console.log("ready")`,
    );
    await session.launch(program);
    const pid = await session.pid();
    await session.request("disconnect", { terminateDebuggee: false });
    await session.adapterExit;
    assert.ok(isAlive(pid));
    process.kill(pid, "SIGKILL");
    await gone(pid);
  });

  it("ends in the middle of a launch", async () => {
    const session = Session.spawn();
    await session.initialize();
    const launch = session.client.failure("launch", { program: fixture("endless.cjs") });
    await session.request("disconnect");
    assert.equal(await session.adapterExit, 0);
    assert.equal((await launch).id, 1009);
  });
});

describe("a launch that cannot work", () => {
  before(() => (folder = mkdtempSync(join(tmpdir(), "asyncscope-test-"))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => Session.closeAll());

  const fails = async (config: Record<string, unknown>, pattern: RegExp): Promise<void> => {
    const session = Session.spawn();
    await session.initialize();
    const start = performance.now();
    const error = await session.client.failure("launch", config);
    assert.match(error.message, pattern);
    assert.equal(error.showUser, true);
    assert.ok(performance.now() - start < PROMPT_MS);
    // The session can still be used.
    const launched = session.request("launch", { program: fixture("simple.cjs") });
    await session.request("configurationDone");
    await launched;
    assert.equal(await session.ended(), 0);
    await session.close();
  };

  const script = (name: string, text: string): string => {
    const path = write(name, `#!/bin/sh\n${text}\n`);
    chmodSync(path, 0o755);
    return path;
  };

  it("says what to correct: the program", async () => {
    await fails({ program: "/nowhere/at/all.js", cwd: folder }, /does not exist.*"program"/);
    mkdirSync(join(folder, "empty"));
    await fails({ program: join(folder, "empty") }, /is a folder/);
    await fails({}, /set "program"/);
  });

  it("says what to correct: the folder and the environment file", async () => {
    await fails({ program: fixture("simple.cjs"), cwd: "/nowhere" }, /working directory.*"cwd"/);
    await fails({ program: fixture("simple.cjs"), envFile: "/nowhere/.env" }, /envFile/);
  });

  it("says what to correct: the runtime", async () => {
    const program = fixture("simple.cjs");
    await fails({ program, runtimeExecutable: "no-such-node" }, /not found.*Install Node/);
    await fails({ program, env: { PATH: "/nowhere" } }, /not found/);
    await fails(
      { program, runtimeExecutable: script("old", "echo v18.20.1") },
      /Node 18\.20\.1; version 20\.11/,
    );
    await fails({ program, runtimeExecutable: script("bun", "echo 1.2.3") }, /is not Node \(it is Bun\)/);
    await fails(
      { program, runtimeExecutable: script("deno", "echo 'deno 2.1.0 (stable)'") },
      /is not Node \(it is Deno\)/,
    );
    await fails(
      { program, runtimeExecutable: script("broken", "echo oops >&2; exit 3") },
      /could not be started: oops/,
    );
  });

  it("says why a program ended before it could be debugged", async () => {
    const program = fixture("simple.cjs");
    await fails(
      { program, env: { NODE_OPTIONS: "--no-such-option" } },
      /ended before it could be debugged \(exit code 9\)/,
    );
    await fails(
      { program, runtimeArgs: ["--permission", "--experimental-permission"] },
      /ended before|allow-inspector/,
    );
  });

  it("gives up on a program that never opens its debug connection", async () => {
    const silent = script("silent", 'if [ "$1" = --version ]; then echo v20.11.0; else sleep 60; fi');
    await fails({ program: fixture("simple.cjs"), runtimeExecutable: silent, timeout: 700 }, /within 0\.7 s/);
  });
});

describe("programs in unusual places", () => {
  before(() => (folder = mkdtempSync(join(tmpdir(), "asyncscope-test-"))));
  after(() => rmSync(folder, { recursive: true, force: true }));
  afterEach(() => Session.closeAll());

  for (const name of [
    "with space",
    "hash#tag",
    "per%20cent",
    "question?mark",
    "ünï-日本",
    "quote'\"s",
    "semi;colon&and",
  ])
    for (const extension of ["cjs", "mjs"])
      it(`stops in a program in '${name}' (${extension})`, async () => {
        const place = join(folder, `${name}-${extension}`);
        mkdirSync(place);
        const program = join(place, `${name}.${extension}`);
        writeFileSync(program, "const a = 1;\nconsole.log(a); // @here\n");
        const session = Session.spawn();
        await session.launch(program, { stopAt: ["here"] });
        const top = await session.stopAt("here");
        assert.equal(top.path, program);
        await session.resume();
        assert.equal(await session.ended(), 0);
      });

  it("stops in a program behind a symbolic link", async () => {
    mkdirSync(join(folder, "real"));
    writeFileSync(join(folder, "real", "linked.cjs"), "console.log(1); // @here\n");
    symlinkSync(join(folder, "real"), join(folder, "link"));
    const program = join(folder, "link", "linked.cjs");
    const session = Session.spawn();
    await session.launch(program, { stopAt: ["here"] });
    await session.stopAt("here");
    await session.resume();
    assert.equal(await session.ended(), 0);
  });
});

describe("the editor's terminal", () => {
  afterEach(() => Session.closeAll());

  it("runs the program, whose end is noticed", async () => {
    const session = Session.spawn();
    session.client.onRequest = async ({ command, arguments: args }) => {
      assert.equal(command, "runInTerminal");
      const {
        args: argv,
        cwd,
        env,
      } = args as { args: string[]; cwd: string; env: Record<string, string | null> };
      const child = spawn(argv[0]!, argv.slice(1), {
        cwd,
        env: { ...process.env, ...env } as NodeJS.ProcessEnv,
        stdio: "ignore",
      });
      return { processId: child.pid };
    };
    await session.launch("exit-code.cjs", {
      stopAt: ["here"],
      client: { supportsRunInTerminalRequest: true },
      config: { console: "integratedTerminal" },
    });
    await session.stopAt("here");
    await session.resume();
    assert.equal(await session.ended(), 5);
  });

  it("says so when it is refused", async () => {
    const session = Session.spawn();
    session.client.onRequest = () => Promise.reject(new Error("no terminal today"));
    await session.initialize({ supportsRunInTerminalRequest: true });
    const error = await session.client.failure("launch", {
      program: fixture("simple.cjs"),
      console: "integratedTerminal",
    });
    assert.match(error.message, /no terminal today.*internalConsole/);
  });
});

describe("attaching", () => {
  afterEach(() => Session.closeAll());

  it("debugs a program that runs already, and leaves it running", async () => {
    const child = spawn(process.execPath, ["--inspect=127.0.0.1:0", fixture("workers.mjs"), "stay"], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    try {
      const url = await new Promise<string>((resolve) => {
        child.stderr.on("data", (data: Buffer) => {
          const found = /ws:\/\/\S+/.exec(data.toString());
          if (found !== null) resolve(found[0]);
        });
      });
      await new Promise((resolve) => child.stdout.once("data", resolve));
      const session = Session.spawn();
      await session.initialize();
      await session.request("attach", { port: Number(new URL(url).port) });
      await session.request("configurationDone");
      const tree = await session.request("asyncscope/tree", {
        order: "creation",
        pages: [{ task: 0 }],
        deep: true,
      });
      assert.ok(tree.tasks.some((task: { name: string }) => task.name === "waiting"));
      await session.request("disconnect");
      assert.equal(await session.adapterExit, 0);
      assert.equal(child.exitCode, null);
      assert.ok(isAlive(child.pid!));
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("refuses other machines and says what is missing", async () => {
    const session = Session.spawn();
    await session.initialize();
    const message = async (config: object): Promise<string> =>
      (await session.client.failure("attach", config)).message;
    assert.match(await message({ address: "192.0.2.1", port: 9229 }), /not this machine/);
    assert.match(await message({ websocketUrl: "ws://example.com/x" }), /not this machine/);
    assert.match(await message({ websocketUrl: "http://127.0.0.1/" }), /ws:\/\//);
    assert.match(await message({}), /set "processId", "port"/);
    assert.match(await message({ processId: "me" }), /the number of a process/);
    assert.match(await message({ processId: 2 ** 22 + 1 }), /There is no process 4194305/);
    assert.match(await message({ port: 1 }), /No Node debugger answers at 127\.0\.0\.1:1/);
  });
});
