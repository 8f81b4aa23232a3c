import assert from "node:assert/strict";
import type { FindingNode } from "@asyncscope/protocol";
import { ASK_INTERVAL, DiagnosisModel, DOUBT } from "../../extension/src/diagnosis/diagnosis-model.js";
import { FakeProgram } from "./fake-program.js";
import { FakeTimers } from "./fake-timers.js";

const finding = (key: string, rest: Partial<FindingNode> = {}): FindingNode => ({
  kind: "wait-cycle",
  key,
  certain: true,
  since: 0,
  text: `Deadlock: ${key}`,
  locations: [],
  tasks: [1, 2],
  taskCount: 2,
  behind: [],
  behindCount: 0,
  resources: [],
  ...rest,
});

describe("Notifications of deadlocks", () => {
  let program: FakeProgram;
  let timers: FakeTimers;
  let told: string[];
  let model: DiagnosisModel;

  beforeEach(() => {
    program = new FakeProgram();
    timers = new FakeTimers();
    told = [];
    model = new DiagnosisModel(program, ({ key }) => told.push(key), timers);
  });

  it("come once for each deadlock, however often the program changes", async () => {
    program.findings = [finding("a")];
    for (let i = 0; i < 3; i++) {
      model.outdate();
      await timers.advance(ASK_INTERVAL);
    }
    program.findings = [finding("a"), finding("b", { kind: "leaked-lock" })];
    model.outdate();
    await timers.advance(ASK_INTERVAL);
    assert.deepEqual(told, ["a", "b"]);
  });

  it("ask at most once a second, and not at all while nothing changes", async () => {
    for (let i = 0; i < 10; i++) model.outdate();
    await timers.advance(ASK_INTERVAL - 1);
    assert.equal(program.take("asyncscope/diagnosis").length, 0);
    await timers.advance(1);
    assert.equal(program.take("asyncscope/diagnosis").length, 1);
    await timers.advance(10 * ASK_INTERVAL);
    assert.equal(program.take("asyncscope/diagnosis").length, 0);
  });

  it("wait with what may still end by itself until it has lasted, and leave unread errors alone", async () => {
    program.now = 1000;
    program.findings = [
      finding("maybe", { certain: false, since: 900 }),
      finding("unread", { kind: "unretrieved-error" }),
    ];
    model.outdate();
    await timers.advance(ASK_INTERVAL);
    assert.deepEqual(told, []);
    program.now = 900 + DOUBT;
    await timers.advance(DOUBT);
    assert.deepEqual(told, ["maybe"]);
  });

  it("end with the session", async () => {
    program.findings = [finding("a")];
    model.outdate();
    model.end();
    await timers.advance(ASK_INTERVAL);
    model.outdate();
    await timers.advance(ASK_INTERVAL);
    assert.deepEqual(told, []);
  });
});
