import assert from "node:assert/strict";
import {
  FrameReader,
  MAX_BODY_BYTES,
  MAX_HEADER_BYTES,
} from "../../debug-adapter/src/framing/frame-reader.js";
import { Session } from "../support/dap-session.js";

const frame = (body: string): Buffer =>
  Buffer.from(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);

function reader(): { push: (data: Buffer | string) => void; messages: object[]; problems: string[] } {
  const messages: object[] = [];
  const problems: string[] = [];
  const frames = new FrameReader({
    message: (message) => messages.push(message),
    problem: (text) => problems.push(text),
  });
  return { push: (data) => frames.push(Buffer.from(data)), messages, problems };
}

describe("message framing", () => {
  it("puts messages together however the bytes arrive", () => {
    const bytes = Buffer.concat([frame('{"a":"ä€😀"}'), frame('{"b":2}'), frame("{}")]);
    for (let size = 1; size <= bytes.length; size++) {
      const { push, messages, problems } = reader();
      for (let at = 0; at < bytes.length; at += size) push(bytes.subarray(at, at + size));
      assert.deepEqual(messages, [{ a: "ä€😀" }, { b: 2 }, {}], `pieces of ${size}`);
      assert.deepEqual(problems, []);
    }
  });

  it("accepts lower-case and additional headers", () => {
    const { push, messages } = reader();
    push('content-length: 2\r\nContent-Type: application/json\r\n\r\n{}CONTENT-LENGTH:7\r\n\r\n{"a":1}');
    assert.deepEqual(messages, [{}, { a: 1 }]);
  });

  for (const body of ["null", "[]", "1", '"text"', "true", "{", "", "{}{}"])
    it(`reports a body of ${JSON.stringify(body)} once and goes on`, () => {
      const { push, messages, problems } = reader();
      push(Buffer.concat([frame(body), frame('{"next":1}')]));
      assert.equal(problems.length, 1);
      assert.deepEqual(messages, [{ next: 1 }]);
    });

  for (const length of ["abc", "-1", "NaN", "1e3", "0x10", "", "99999999999999999999", "5, 5"])
    it(`reports Content-Length ${JSON.stringify(length)} and goes on`, () => {
      const { push, messages, problems } = reader();
      push(`Content-Length: ${length}\r\n\r\n`);
      push(frame('{"next":1}'));
      assert.equal(problems.length, 1);
      assert.deepEqual(messages, [{ next: 1 }]);
    });

  it("skips a message that is too long without keeping it", () => {
    const { push, messages, problems } = reader();
    push(`Content-Length: ${MAX_BODY_BYTES + 10}\r\n\r\n`);
    const piece = Buffer.alloc(1024 * 1024, 120);
    for (let left = MAX_BODY_BYTES + 10; left > 0; left -= piece.length)
      push(piece.subarray(0, Math.min(left, piece.length)));
    push(frame('{"next":1}'));
    assert.equal(problems.length, 1);
    assert.deepEqual(messages, [{ next: 1 }]);
  });

  it("does not gather garbage, and finds the next message after it", () => {
    const { push, messages, problems } = reader();
    const before = process.memoryUsage().arrayBuffers;
    const garbage = Buffer.alloc(64 * 1024, 65);
    for (let i = 0; i < 1024; i++) push(garbage);
    assert.ok(process.memoryUsage().arrayBuffers - before < 80 * 1024 * 1024);
    push("\n");
    push(frame('{"next":1}'));
    assert.equal(problems.length, 1);
    assert.deepEqual(messages, [{ next: 1 }]);
    push("x".repeat(MAX_HEADER_BYTES + 1) + "\r\n");
    push(frame("{}"));
    assert.equal(problems.length, 2);
    assert.equal(messages.length, 2);
  });

  it("survives random bytes between messages", () => {
    let seed = 12345;
    const random = (n: number): number => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed % n;
    };
    for (let round = 0; round < 300; round++) {
      const { push, messages } = reader();
      const noise = Buffer.from(Array.from({ length: random(6000) }, () => random(256)));
      push(noise);
      // A header needs a line of its own; what is left of the noise may swallow one message, not more.
      push("\r\n\r\n");
      push(frame('{"first":1}'));
      push(frame('{"second":2}'));
      assert.deepEqual(messages.at(-1), { second: 2 }, `round ${round}`);
    }
  });
});

describe("a client that misbehaves", () => {
  afterEach(() => Session.closeAll());

  it("is told what was wrong, and the session goes on", async () => {
    const session = Session.spawn();
    session.client.bytes("null");
    session.client.bytes("{oops");
    session.client.write("Content-Length: banana\r\n\r\n");
    session.client.raw({ type: "request", seq: 1 });
    session.client.raw({ type: "gossip" });
    const { supportsConfigurationDoneRequest } = await session.initialize();
    assert.equal(supportsConfigurationDoneRequest, true);
    assert.equal(session.client.output("console").split("\n").length - 1, 5);
    assert.match(session.stderr, /not a JSON object/);
  });

  it("gets a numbered error for each request it should not have sent", async () => {
    const session = Session.spawn();
    const id = async (command: string, args?: unknown): Promise<number> =>
      (await session.client.failure(command, args)).id;
    assert.equal(await id("launch", { program: "x" }), 1003);
    await session.initialize();
    assert.equal(await id("initialize"), 1004);
    assert.equal(await id("frobnicate"), 1001);
    assert.equal(await id("constructor"), 1001);
    assert.equal(await id("__proto__"), 1001);
    assert.equal(await id("stackTrace", { threadId: 1 }), 1006);
    assert.equal(await id("launch", [1]), 1002);
    assert.equal(await id("launch", { program: 7 }), 1002);
    assert.equal(await id("launch", { program: "x", args: "a b" }), 1002);
    assert.equal(await id("launch", { program: "x", console: "teletype" }), 1002);
    assert.equal(
      await id("setBreakpoints", { source: { path: "/x" }, breakpoints: [{ line: "one" }] }),
      1002,
    );
    assert.equal(await id("setBreakpoints", { source: 5 }), 1002);
    assert.equal(await id("evaluate", {}), 1002);
    assert.equal(await id("variables", { variablesReference: -1 }), 1002);
    assert.equal(await id("variables", { variablesReference: 99 }), 3003);
    assert.equal(await id("asyncscope/tree", { order: "sideways", pages: [] }), 1002);
    assert.equal(await id("asyncscope/pin", { task: 1, pinned: true }), 1006);
    assert.deepEqual(await session.request("cancel", { requestId: 3 }), undefined);
  });

  it("gets its errors after the program has ended, too", async () => {
    const session = Session.spawn();
    await session.launch("simple.cjs");
    await session.ended();
    for (const [command, args] of [
      ["stackTrace", { threadId: 1 }],
      ["next", { threadId: 1 }],
      ["evaluate", { expression: "1" }],
      ["pause", { threadId: 1 }],
    ] as const)
      assert.equal((await session.client.failure(command, args)).id, 1007);
    assert.equal((await session.client.failure("launch", { program: "x" })).id, 1005);
    await session.request("setBreakpoints", { source: { path: "/x.js" }, breakpoints: [{ line: 1 }] });
  });
});
