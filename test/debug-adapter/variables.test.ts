import assert from "node:assert/strict";
import type { DebugProtocol } from "@vscode/debugprotocol";
import { Session, type Frame } from "../support/dap-session.js";

/** 100 times what it takes on a slow machine would still be far below what reading everything takes. */
const AT_ONCE_MS = 20_000;

async function within<T>(milliseconds: number, work: Promise<T>): Promise<T> {
  const start = performance.now();
  const result = await work;
  const took = performance.now() - start;
  assert.ok(took < milliseconds, `took ${Math.round(took)} ms`);
  return result;
}

describe("variables", () => {
  let session: Session;
  let top: Frame;
  let locals: Map<string, DebugProtocol.Variable>;

  before(async () => {
    session = Session.inMemory();
    await session.launch("values.cjs");
    top = await session.stopAt("look");
    locals = await within(AT_ONCE_MS, session.variables(top.id, "Local"));
  });
  after(() => Session.closeAll());

  const value = (name: string): string => locals.get(name)!.value;
  const inside = (name: string, page: object = {}): Promise<Map<string, DebugProtocol.Variable>> =>
    session.children(locals.get(name)!.variablesReference, page);

  it("are grouped in scopes, the global one marked as expensive", async () => {
    const { scopes } = await session.request("scopes", { frameId: top.id });
    assert.deepEqual(
      scopes.map(({ name, expensive }: DebugProtocol.Scope) => [name.replace(/ \(.*/, ""), expensive]),
      [
        ["Block", false],
        ["Local", false],
        ["Closure", false],
        ["Global", true],
      ],
    );
    const block = await session.variables(top.id, "Block");
    assert.equal(block.get("blockScoped")?.value, "'block'");
    const closure = await session.variables(top.id, "Closure");
    assert.equal(closure.get("closureVariable")?.value, "'outside'");
  });

  it("show every kind of value in one line", () => {
    assert.equal(value("count"), "1");
    assert.equal(value("text"), "'two\\nlines'");
    assert.equal(value("negativeZero"), "-0");
    assert.equal(value("notNumber"), "NaN");
    assert.equal(value("big"), "12345678901234567890n");
    assert.equal(value("nothing"), "null");
    assert.equal(value("missing"), "undefined");
    assert.equal(value("when"), new Date(0).toString());
    assert.equal(value("regexp"), "/a+b/gi");
    assert.equal(value("failure"), "RangeError: too far");
    assert.equal(value("fn"), "ƒ named(a, b)");
    assert.equal(value("arrow"), "async ƒ (x)");
    assert.match(value("account"), /^Account/);
    assert.match(value("table"), /^Map\(2\)/);
    assert.match(value("set"), /^Set\(2\)/);
    assert.match(value("list"), /Array\(4\)|\(4\) \[1, 'a'/);
    assert.equal(locals.get("list")?.indexedVariables, 4);
    assert.match(value("bytes"), /Uint8Array/);
  });

  it("keep strange text harmless and whole", () => {
    assert.match(value("lone"), /\\u0000/);
    assert.match(value("lone"), /\\u001b/);
    assert.match(value("lone"), /\\u202e/);
  });

  it("run getters only when asked, one by one", async () => {
    const account = await inside("account");
    assert.equal(account.get("owner")?.value, "'Ada'");
    assert.equal(account.get("#balance")?.value, "12");
    assert.equal(account.get("#balance")?.presentationHint?.visibility, "private");
    const prototype = await session.children(account.get("[[Prototype]]")!.variablesReference);
    const total = prototype.get("total")!;
    assert.equal(total.presentationHint?.lazy, true);
    assert.equal(await session.evaluate("getterRan", top.id), "0");
    assert.match(
      (await session.children(prototype.get("broken")!.variablesReference)).get("broken")!.value,
      /luck|private/,
    );
    assert.equal(await session.evaluate("getterRan", top.id), "1");
  });

  it("run no trap of a proxy", async () => {
    const proxy = await inside("hostile");
    assert.deepEqual([...proxy.keys()], ["[[Handler]]", "[[Target]]", "[[IsRevoked]]"]);
    await inside("revoked");
    assert.equal(await session.evaluate("trapRan", top.id), "0");
  });

  it("show the entries of maps and sets", async () => {
    const table = await inside("table");
    const entries = await session.children(table.get("[[Entries]]")!.variablesReference);
    assert.equal(entries.get("0")?.value, `{"k" => Object}`);
    const entry = await session.children(entries.get("0")!.variablesReference);
    assert.equal(entry.get("key")?.value, "'k'");
    const set = await inside("set");
    const members = await session.children(set.get("[[Entries]]")!.variablesReference, { filter: "indexed" });
    assert.equal(members.size, 2);
  });

  it("show symbols, strange keys and cycles", async () => {
    assert.equal((await inside("withSymbol")).get("Symbol(mark)")?.value, "'hidden'");
    const strange = await inside("strange");
    assert.equal(strange.get("__proto__")?.value, "'own'");
    assert.equal(strange.get("a b")?.value, "1");
    assert.equal(strange.get("")?.value, "2");
    const cyclic = await inside("cyclic");
    const again = await session.children(cyclic.get("self")!.variablesReference);
    assert.equal(again.get("name")?.value, "'loop'");
  });

  it("cut a string of 50 MB inside the program", async () => {
    const long = locals.get("long")!;
    assert.ok(long.value.length < 20_000);
    assert.equal(long.value.slice(-26), "xxx… (50000000 characters)'".slice(-26));
    const holder = await within(AT_ONCE_MS, inside("holder"));
    assert.ok(holder.get("long")!.value.endsWith("x… (50000000 characters)'"));
    assert.equal(holder.get("short")?.value, "'y'");
  });

  it("show an object of a million keys in groups, at once", async () => {
    const groups = await within(AT_ONCE_MS, inside("million"));
    const names = [...groups.keys()];
    assert.equal(names[0], "[key 0 … 999]");
    assert.equal(names[999], "[key 999000 … 999999]");
    const last = await within(
      AT_ONCE_MS,
      session.children(groups.get("[key 999000 … 999999]")!.variablesReference),
    );
    assert.equal(last.size, 1000);
    assert.equal(last.get("key999999")?.value, "999999");
    const page = await within(AT_ONCE_MS, inside("million", { start: 500_000, count: 3 }));
    assert.deepEqual([...page.keys()], ["key500000", "key500001", "key500002"]);
  });

  it("show a long array in pages", async () => {
    assert.equal(locals.get("row")?.indexedVariables, 250_000);
    const page = await within(AT_ONCE_MS, inside("row", { filter: "indexed", start: 200_000, count: 100 }));
    assert.equal(page.size, 100);
    assert.equal(page.get("200000")?.value, "7");
    assert.ok((await within(AT_ONCE_MS, inside("row", { filter: "named" }))).has("length"));
  });

  it("can be set, in scopes and in objects", async () => {
    const scope = async (name: string): Promise<number> =>
      (await session.request("scopes", { frameId: top.id })).scopes.find((s: DebugProtocol.Scope) =>
        s.name.startsWith(name),
      ).variablesReference;
    const block = await scope("Block");
    const set = { variablesReference: block, name: "blockScoped", value: "'changed' + 1" };
    assert.equal((await session.request("setVariable", set)).value, "'changed1'");
    assert.equal(await session.evaluate("blockScoped", top.id), "'changed1'");
    const cyclic = locals.get("cyclic")!.variablesReference;
    await session.request("setVariable", { variablesReference: cyclic, name: "name", value: "{ a: 1 }" });
    assert.equal(await session.evaluate("cyclic.name.a", top.id), "1");
    const error = await session.client.failure("setVariable", {
      variablesReference: block,
      name: "blockScoped",
      value: "nope(",
    });
    assert.match(error.message, /SyntaxError/);
    assert.match(
      (await session.request("setExpression", { frameId: top.id, expression: "cyclic.name", value: "5" }))
        .value,
      /5/,
    );
  });

  describe("evaluate", () => {
    it("answers watches and the prompt in the frame", async () => {
      assert.equal(await session.evaluate("count + 1", top.id, "watch"), "2");
      assert.equal(await session.evaluate("{ a: count }", top.id), "{a: 1}");
      assert.equal(await session.evaluate("let q = 2; q * 2", top.id), "4");
      assert.match(
        (
          await session.client.failure("evaluate", {
            expression: "nowhere",
            frameId: top.id,
            context: "watch",
          })
        ).message,
        /nowhere is not defined/,
      );
    });

    it("changes nothing on hover, and never hangs", async () => {
      const hover = { frameId: top.id, context: "hover" };
      assert.equal(
        (await session.request("evaluate", { ...hover, expression: "account.owner" })).result,
        "'Ada'",
      );
      const error = await session.client.failure("evaluate", {
        ...hover,
        expression: "globalThis.touched = 1",
      });
      assert.match(error.message, /may change the program/);
      assert.equal(await session.evaluate("typeof touched", top.id), "'undefined'");
      const hang = await within(
        2000,
        session.client.failure("evaluate", { ...hover, expression: "(() => { for (;;); })()" }),
      );
      assert.match(hang.message, /longer than 200 ms/);
    });

    it("completes names and properties", async () => {
      const labels = async (text: string): Promise<string[]> =>
        (
          await session.request("completions", { frameId: top.id, text, column: text.length + 1 })
        ).targets.map((t: DebugProtocol.CompletionItem) => t.label);
      assert.deepEqual(await labels("closureV"), ["closureVariable"]);
      assert.deepEqual(await labels("1 + account.ow"), ["owner"]);
      assert.ok((await labels("JSON.")).includes("stringify"));
    });
  });

  describe("when the program has moved on", () => {
    it("are refused politely when they are stale", async () => {
      const { variablesReference } = locals.get("account")!;
      await session.request("next", { threadId: 1 });
      await session.stopped();
      assert.match((await session.client.failure("variables", { variablesReference })).message, /moved on/);
      assert.match((await session.client.failure("scopes", { frameId: top.id })).message, /moved on/);
      await session.resume();
      assert.equal(await session.ended(), 0);
      assert.match(session.client.output("stdout"), / 0\n$/);
    });
  });
});
