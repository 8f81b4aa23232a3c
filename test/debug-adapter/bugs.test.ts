import assert from "node:assert/strict";
import { resolve } from "node:path";
import type { DiagnosisBody, FindingKind, FindingNode } from "@asyncscope/protocol";
import { asyncscope, Subject } from "../support/cli.js";
import { markerLine, Session } from "../support/dap-session.js";

interface Bug {
  /** Program of test/fixtures/bugs; with `--fixed` it is the same without the bug. */
  readonly file: string;
  readonly args?: readonly string[];
  readonly kind: FindingKind;
  /** The sentence; `{marker}` stands for the line that carries it. */
  readonly says: RegExp;
  /** The line to blame: what a click on the finding opens. */
  readonly line: string;
}

const program = (file: string): string => resolve("test/fixtures/bugs", file);

const bugs: Readonly<Record<string, Bug>> = {
  "a lock that an error path does not release": {
    file: "lock-error-path.mjs",
    kind: "leaked-lock",
    says: /^Task broken has ended and never released Lock vault, which it took at {acquire}\. Task travel waits at {acquire} for it, and so does task family at {acquire}\./,
    line: "acquire",
  },
  "a lock that its holder wants again": {
    file: "reentrant-lock.mjs",
    kind: "wait-cycle",
    says: /^Deadlock: task set waits at {again} for Lock settings, which it took itself at {first}: a lock is not re-entrant\./,
    line: "again",
  },
  "connections that failed queries of one task do not give back": {
    file: "pool-leak.mjs",
    kind: "wait-cycle",
    says: /^Deadlock: Task-1 waits at {checkout} for Semaphore connections, all permits of which are taken, 2 of them by itself at {checkout}\./,
    line: "checkout",
  },
  "connections that failed queries of several tasks do not give back": {
    file: "pool-leak.mjs",
    args: ["--tasks"],
    kind: "leaked-lock",
    says: /^Task adhoc-1 has ended and never released 1 of 2 permits of Semaphore connections, which it took at {checkout}; task adhoc-2 has ended and .* at {checkout}\. Task monthly waits at {checkout} for it\./,
    line: "checkout",
  },
  "a log that grows because nothing makes its writers wait": {
    file: "log-without-limit.mjs",
    kind: "growing-queue",
    says: /^Queue log only grows: it holds \d+ items, \d+ more than \d+ s ago, put at {put} by task user-\d\./,
    line: "put",
  },
  "what a failed gather has left behind": {
    file: "gather-leftovers.mjs",
    kind: "leftover-tasks",
    says: /^A gather of 3 failed with Error: clip not found, and 2 of its tasks go on although nobody waits for them: Task-\d+, created at {gather}, Task-\d+, created at {gather}\./,
    line: "gather",
  },
  "a cancellation that a retry swallows": {
    file: "cancel-swallowed.mjs",
    kind: "swallowed-cancel",
    says: /^Task sync worker goes on although it was cancelled \d+ s ago: it waits at .*cancel-swallowed\.mjs:\d+ for .*\. Task shutdown waits at {stopping} for its end\. The cancel was asked for at {cancel}\./,
    line: "",
  },
};

describe("real bugs, as programs on the runtime [slow]", function () {
  this.timeout(60_000);
  afterEach(() => Session.closeAll());

  const launch = async (file: string, args: readonly string[]): Promise<Session> => {
    const session = Session.inMemory();
    await session.launch(program(file), { config: { args } });
    return session;
  };
  const look = (session: Session): Promise<DiagnosisBody> =>
    session.request<DiagnosisBody>("asyncscope/diagnosis", {});
  const pause = (): Promise<void> => new Promise((done) => setTimeout(done, 200));

  for (const [title, { file, args = [], kind, says, line }] of Object.entries(bugs)) {
    it(`${title}: the lines and tasks are named`, async () => {
      const session = await launch(file, args);
      let found: FindingNode | undefined;
      let body: DiagnosisBody;
      do {
        await pause();
        body = await look(session);
        assert.notEqual(body.status, "ended", "the program has ended, and nothing was found");
        found = body.findings.find((finding) => finding.kind === kind);
      } while (found === undefined);
      assert.equal(body.findings.length, 1, body.findings.map(({ text }) => text).join("\n"));
      const expected = says.source.replaceAll(
        /\{([a-z]+)\}/g,
        (_, marker: string) => `[^ ]*${file.replace(".", "\\.")}:${markerLine(program(file), marker)}`,
      );
      assert.match(found.text, new RegExp(expected));
      if (line !== "") assert.equal(found.locations[0]?.line, markerLine(program(file), line));
      await session.request("disconnect", { terminateDebuggee: true });
    });

    it(`control: ${title}, mended`, async () => {
      const session = await launch(file, [...args, "--fixed"]);
      let ended = false;
      void session.ended().then(() => (ended = true));
      let looks = 0;
      while (!ended) {
        const { findings } = await look(session);
        assert.deepEqual(
          findings.map(({ text }) => text),
          [],
        );
        looks++;
        await pause();
      }
      assert.ok(looks > 0);
      assert.deepEqual((await look(session)).findings, []);
    });
  }

  it("an event that was missed: a dump names the task, the event, whose it is, and the line", async () => {
    const file = program("second-event-missed.mjs");
    const subject = await Subject.start(file);
    try {
      const { stdout } = await asyncscope("dump", subject.pid);
      const entry = stdout.slice(stdout.indexOf("- price service [suspended]"));
      assert.match(entry, /^.*\n( .*\n)*? *waits for event ready of FeedClient \[/);
      assert.match(
        entry,
        new RegExp(`at openFeed \\(.*second-event-missed\\.mjs:${markerLine(file, "missed")}:`),
      );
    } finally {
      await Subject.endAll();
    }
  });
});
