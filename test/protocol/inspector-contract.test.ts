import assert from "node:assert/strict";
import { join } from "node:path";
import { PROTOCOL_VERSION, type InspectorEvent } from "@asyncscope/protocol";
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  coro,
  createTask,
  Event,
  EventLoop,
  Future,
  gather,
  Lock,
  PriorityQueue,
  Queue,
  Semaphore,
  sleep,
  type Startable,
} from "asyncscope";
import ts from "typescript";
import { root } from "../../scripts/lib/root.mjs";
import { enable, inspector, listen } from "../inspect/support/watched.js";

/** The properties of each interface of the protocol, with the interface that each one's value has. */
type Shapes = ReadonlyMap<string, ReadonlyMap<string, { readonly type: string; readonly optional: boolean }>>;

/** Reads the interfaces from the source: what is described there is what an asker relies on. */
function describedShapes(): Shapes {
  const file = join(root, "protocol/src/inspector.ts");
  const source = ts.createSourceFile(file, ts.sys.readFile(file)!, ts.ScriptTarget.Latest, true);
  const shapes = new Map<string, Map<string, { type: string; optional: boolean }>>();
  for (const statement of source.statements) {
    if (!ts.isInterfaceDeclaration(statement)) continue;
    const properties = new Map<string, { type: string; optional: boolean }>();
    for (const member of statement.members)
      if (member.name !== undefined)
        properties.set(member.name.getText(source), {
          type: ts.isPropertySignature(member) ? (member.type?.getText(source) ?? "") : "method",
          optional: member.questionToken !== undefined,
        });
    shapes.set(statement.name.text, properties);
  }
  return shapes;
}

/** Compares a reply with what is described, down to its last object; notes every field that it has seen. */
class Contract {
  readonly seen = new Set<string>();
  readonly faults: string[] = [];
  readonly #shapes: Shapes;

  constructor(shapes: Shapes) {
    this.#shapes = shapes;
  }

  check(interfaceName: string, value: unknown): void {
    const shape = this.#shapes.get(interfaceName);
    assert.ok(shape, `the protocol has no ${interfaceName}`);
    const object = value as Record<string, unknown>;
    for (const [key, content] of Object.entries(object)) {
      const property = shape.get(key);
      if (property === undefined) this.faults.push(`${interfaceName}.${key} is not described`);
      else {
        this.seen.add(`${interfaceName}.${key}`);
        this.#checkValue(`${interfaceName}.${key}`, property.type, content);
      }
    }
    for (const [key, { optional }] of shape)
      if (!optional && !(key in object)) this.faults.push(`${interfaceName}.${key} is missing`);
  }

  #checkValue(where: string, type: string, value: unknown): void {
    const list = /^readonly (\w+)\[\]$/.exec(type);
    if (list !== null) {
      if (!Array.isArray(value)) this.faults.push(`${where} is no list`);
      else for (const item of value) this.#checkValue(where, list[1]!, item);
      return;
    }
    if (this.#shapes.has(type)) {
      this.check(type, value);
      return;
    }
    const wanted = ["TaskId", "GroupId", "FutureId", "ResourceId", "SiteId", "number"].includes(type)
      ? "number"
      : ["string", "TaskState", "WaitKind", "ResourceKind", "FindingKind"].includes(type) ||
          type.startsWith('"')
        ? "string"
        : type === "boolean"
          ? "boolean"
          : "object";
    if (value === null || typeof value !== wanted)
      this.faults.push(`${where} is ${String(value)}, not a ${type}`);
  }
}

const repeated = coro(function* repeated() {
  yield* sleep(1000);
});

const readOwn = coro(function* readOwn() {
  yield* new Queue().get();
});

/** A program in which every field has something to say. */
async function ask(contract: Contract): Promise<InspectorEvent[]> {
  inspector.disable();
  contract.check("InspectorHello", enable({ captureSites: true }));
  const { events, stop } = listen();
  const loop = new EventLoop();
  loop.setExceptionHandler(() => undefined);
  const main = loop.createTask(function* () {
    const jobs = new Queue<number>(1, { name: "jobs" });
    const lock = new Lock({ name: "db" });
    const kept: object[] = [
      new PriorityQueue(),
      new Event(),
      new Semaphore(2),
      new BoundedSemaphore(2),
      new Barrier(2),
    ];
    kept.push(new Condition({ lock }));
    yield* jobs.put(1);
    yield* lock.acquire();
    for (const what of [jobs.put(2), jobs.join(), lock.acquire(), sleep(1000)] as Startable<unknown>[])
      createTask(what);
    const victim = createTask(sleep(1000));
    createTask(async () => gather(victim, sleep(1000)));
    createTask(async () => {
      await Promise.all(Array.from({ length: 25 }, async () => sleep(1000)));
    });
    createTask(function* () {
      throw new Error("nobody looks");
    });
    // More than sites are captured in a second: those of the rest are inferred.
    for (let i = 0; i < 4000; i++) createTask(repeated());
    yield* sleep(1);
    inspector.watch([1, 2, 3]);
    victim.cancel("for the test");
    const page = { order: "await" as const, pages: [{ task: 0, offset: 0, limit: 1000 }], deep: true };
    const last = [{ task: 1, offset: 3500, limit: 1000 }];
    contract.check("TreeReply", JSON.parse(inspector.tree({ order: "creation", pages: last })));
    contract.check("TreeReply", JSON.parse(inspector.tree({ ...page, order: "creation", limit: 5000 })));
    contract.check("TreeReply", JSON.parse(inspector.tree({ ...page, limit: 5000 })));
    contract.check("ResourceReply", JSON.parse(inspector.resources({})));
    createTask(lock.acquire());
    for (let i = 0; i < 10; i++) createTask(readOwn());
    createTask(function* () {
      yield* new Future();
    });
    const again = createTask(function* () {
      const own = new Lock();
      yield* own.acquire();
      yield* own.acquire();
    });
    createTask(function* () {
      yield* again;
    });
    yield* sleep(1);
    contract.check("SuspensionReply", JSON.parse(inspector.suspensions({ tasks: [1, 2] })));
    contract.check("GroupReply", JSON.parse(inspector.groups({ pages: [{ group: 1 }] })));
    contract.check("FutureReply", JSON.parse(inspector.futures({})));
    contract.check("DiagnosisReply", JSON.parse(inspector.diagnosis({})));
    for (let id = 1; id < 10; id++) contract.check("ChainReply", JSON.parse(inspector.chain(id)));
    yield* sleep(1);
    return kept;
  });
  try {
    await loop.runUntilComplete(main);
  } finally {
    stop();
    loop.close();
    inspector.disable();
  }
  return events;
}

describe("The protocol", () => {
  const shapes = describedShapes();
  const contract = new Contract(shapes);
  let events: InspectorEvent[] = [];

  before(async function () {
    this.timeout(120_000);
    events = await ask(contract);
  });

  it("describes every field that the inspector sends, with its type, and each required one is sent", () => {
    assert.deepEqual([...new Set(contract.faults)], []);
  });

  it("describes no field that the inspector never sends", () => {
    const replies = [
      "InspectorHello",
      "TreeReply",
      "TreePage",
      "TaskInfo",
      "WaitInfo",
      "Site",
      "ResourceReply",
      "ResourceInfo",
      "ResourceWaiter",
      "ChainReply",
      "FrameInfo",
      "GroupReply",
      "TaskGroup",
      "SuspensionReply",
      "SuspensionPoint",
      "SuspensionSample",
      "GroupPage",
      "FutureReply",
      "FutureInfo",
      "DiagnosisReply",
      "Finding",
      "FindingPlace",
    ];
    const unseen = replies.flatMap((name) =>
      [...shapes.get(name)!.keys()]
        .map((key) => `${name}.${key}`)
        .filter((field) => !contract.seen.has(field)),
    );
    // Two copies of the runtime: see test/inspect/copies.test.ts. A program without it: see test/cli/plain-program.test.ts.
    // One under the loader: see test/debug-adapter/plain-ends.test.ts.
    assert.deepEqual(unseen, [
      "InspectorHello.otherCopies",
      "TaskInfo.ageUnknown",
      "TaskInfo.floating",
      "ResourceInfo.limiter",
    ]);
  });

  it("describes every method that the inspector has", () => {
    assert.deepEqual([...shapes.get("Inspector")!.keys()].sort(), Object.keys(inspector).sort());
  });

  it("has its version in the greeting", () => {
    const hello = JSON.parse(inspector.hello()) as { protocolVersion: number };
    assert.equal(hello.protocolVersion, PROTOCOL_VERSION);
    assert.ok(Number.isInteger(hello.protocolVersion));
  });

  it("describes the events", () => {
    const fields = new Map(events.map((event) => [event.type, Object.keys(event).sort().join()]));
    assert.deepEqual([...fields].sort(), [
      ["changed", "type,version"],
      ["task", "state,task,type,version"],
    ]);
  });
});
