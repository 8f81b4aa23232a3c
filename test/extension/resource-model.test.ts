import assert from "node:assert/strict";
import type { ResourceKind } from "@asyncscope/protocol";
import { ResourceModel } from "../../extension/src/resources/resource-model.js";
import type { MoreNode, ResourceTreeNode } from "../../extension/src/resources/resource-nodes.js";
import {
  resourceDescription,
  resourceIcon,
  resourceLabel,
  resourceTooltip,
  roleLabel,
} from "../../extension/src/resources/resource-presentation.js";
import { FakeProgram, resource, task } from "./fake-program.js";

const value = (name: string, text: string, variablesReference = 0) => ({
  name,
  value: text,
  variablesReference,
});

describe("Queues and locks", () => {
  let program: FakeProgram;
  let model: ResourceModel;
  let changes: number;

  beforeEach(() => {
    program = new FakeProgram();
    changes = 0;
    model = new ResourceModel(
      program,
      () => (changes += 1),
      () => 0,
    );
  });

  function label(row: ResourceTreeNode): string {
    switch (row.kind) {
      case "resource":
        return model.resource(row.resource)?.name ?? "";
      case "waiters":
        return row.role;
      case "waiter":
        return `task ${row.task}`;
      case "value":
        return `${row.value.name}=${row.value.value}`;
      case "more":
        return `more ${row.hidden}`;
      case "note":
        return row.text;
      default:
        return row.kind;
    }
  }

  const labels = async (node?: ResourceTreeNode) => (await model.children(node)).map(label);

  async function open(...path: string[]): Promise<ResourceTreeNode> {
    let node: ResourceTreeNode | undefined;
    for (const step of path) {
      node = (await model.children(node)).find((each) => label(each) === step);
      assert.ok(node, `no row ${step}`);
    }
    assert.ok(node);
    return node;
  }

  it("a queue opens into items, getters, putters and joiners, as far as there are any", async () => {
    program.resources.push(
      resource(1, "jobs", {
        size: 2,
        itemsReference: 70,
        waiters: [
          { task: 1, role: "putter", since: 0 },
          { task: 2, role: "joiner", since: 0 },
        ],
        waiterCount: 2,
      }),
      resource(2, "empty", { size: 0 }),
    );
    await model.refresh();
    assert.deepEqual(await labels(), ["jobs", "empty"]);
    assert.deepEqual(await labels(await open("jobs")), ["items", "putter", "joiner"]);
    assert.deepEqual(await labels(await open("jobs", "putter")), ["task 1"]);
    assert.deepEqual(await labels(await open("empty")), []);
  });

  it("a lock opens into its owner and those who wait, in their order", async () => {
    program.resources.push(
      resource(1, "db", {
        kind: "lock",
        owner: 7,
        ownedSince: 10,
        waiters: [
          { task: 9, role: "waiter", since: 5 },
          { task: 8, role: "waiter", since: 6 },
        ],
        waiterCount: 120,
      }),
    );
    await model.refresh();
    assert.deepEqual(await labels(await open("db")), ["owner", "waiter"]);
    assert.deepEqual(await labels(await open("db", "waiter")), [
      "task 9",
      "task 8",
      "118 more waiters are not listed",
    ]);
  });

  describe("items", () => {
    beforeEach(async () => {
      program.resources.push(resource(1, "jobs", { size: 250, itemsReference: 70 }));
      program.values.set(
        70,
        Array.from({ length: 250 }, (_, i) => value(String(i), `{n: ${i}}`, 1000 + i)),
      );
      program.values.set(1000, [value("n", "0"), value("deep", "{…}", 5000)]);
      program.values.set(5000, [value("x", "1")]);
      await model.refresh();
    });

    it("are not asked for before they are opened, then page by page", async () => {
      await labels(await open("jobs"));
      assert.equal(program.take("variables").length, 0);
      const items = await open("jobs", "items");
      const rows = await labels(items);
      assert.equal(rows.length, 101);
      assert.equal(rows[3], "3={n: 3}");
      assert.equal(rows.at(-1), "more 150");
      assert.deepEqual(program.take("variables"), [
        { variablesReference: 70, filter: "indexed", start: 0, count: 100 },
      ]);
      model.showMore((await model.children(items)).at(-1) as MoreNode);
      assert.equal((await labels(items)).at(-1), "more 50");
      model.showMore((await model.children(items)).at(-1) as MoreNode);
      assert.equal((await labels(items)).length, 250);
    });

    it("open into their members, as deep as they go", async () => {
      const first = await open("jobs", "items", "0={n: 0}");
      assert.deepEqual(await labels(first), ["n=0", "deep={…}"]);
      assert.deepEqual(await labels(await open("jobs", "items", "0={n: 0}", "deep={…}")), ["x=1"]);
    });

    it("are read again with a refresh while they are open, and only then", async () => {
      await labels(await open("jobs", "items"));
      program.take("variables");
      await model.refresh();
      assert.equal(program.take("variables").length, 0, "nothing changed");
      program.version += 1;
      program.resources[0] = resource(1, "jobs", { size: 1, itemsReference: 71 });
      program.values.set(71, [value("0", "'new'")]);
      await model.refresh();
      assert.deepEqual(program.take("variables"), [
        { variablesReference: 71, filter: "indexed", start: 0, count: 100 },
      ]);
      assert.deepEqual(await labels(await open("jobs", "items")), ["0='new'"]);
      model.collapse(await open("jobs"));
      program.version += 1;
      await model.refresh();
      assert.equal(program.take("variables").length, 0, "closed");
    });

    it("are shown page by page also when the adapter answers with everything", async () => {
      const all = program.values.get(70)!;
      program.variables = async () => all;
      const items = await open("jobs", "items");
      assert.equal((await labels(items)).length, 101);
      assert.equal((await labels(items)).at(-1), "more 150");
    });

    it("say so when they cannot be had", async () => {
      program.values.clear();
      assert.deepEqual(await labels(await open("jobs", "items")), ["The values are not available"]);
    });

    it("stay after the end as they were seen last", async () => {
      await labels(await open("jobs", "items"));
      model.end();
      program.failure = new Error("gone");
      assert.equal((await labels(await open("jobs", "items"))).length, 101);
      assert.deepEqual(await labels(await open("jobs", "items", "0={n: 0}")), ["The program has ended"]);
    });
  });

  it("shows two hundred primitives at first and says how many are hidden", async () => {
    for (let i = 1; i <= 450; i++) program.resources.push(resource(i, `q${i}`));
    await model.refresh();
    assert.equal((await labels()).at(-1), "more 250");
    model.showMore((await model.children()).at(-1) as MoreNode);
    await model.refresh();
    assert.equal((await labels()).length, 401);
  });

  it("reports a change only when something changed, and keeps the last state when the program goes", async () => {
    program.resources.push(resource(1, "jobs"));
    await model.refresh();
    await model.refresh();
    assert.equal(changes, 1);
    program.status = "ended";
    program.resources.length = 0;
    program.version += 1;
    await model.refresh();
    assert.deepEqual(await labels(), ["jobs"]);
    assert.equal(model.status, "ended");
  });

  it("keeps what was seen while the event loop is blocked", async () => {
    program.resources.push(resource(1, "jobs"));
    await model.refresh();
    program.status = "blocked";
    program.resources.length = 0;
    await model.refresh();
    assert.equal(model.status, "blocked");
    assert.deepEqual(await labels(), ["jobs"]);
    program.status = "live";
    program.version += 1;
    await model.refresh();
    assert.deepEqual(await labels(), []);
  });

  it("forgets primitives that have gone", async () => {
    program.resources.push(resource(1, "jobs"), resource(2, "db", { kind: "lock", owner: 3 }));
    await model.refresh();
    await model.children(await open("db"));
    program.resources.pop();
    program.version += 1;
    await model.refresh();
    assert.deepEqual(await labels(), ["jobs"]);
  });

  it("ages while something is held or waited for, and only then", async () => {
    program.resources.push(resource(1, "jobs"));
    await model.refresh();
    assert.equal(model.ageing, false);
    program.resources.push(resource(2, "db", { kind: "lock", owner: 3, ownedSince: 0 }));
    program.version += 1;
    await model.refresh();
    assert.equal(model.ageing, true);
  });
});

describe("How a queue or a lock reads", () => {
  const tasks = (id: number) => (id === 7 ? task(7, "worker-7") : undefined);

  it("a queue: how full, and who waits", () => {
    const jobs = resource(1, "jobs", {
      state: "3/10",
      size: 3,
      maxsize: 10,
      unfinished: 4,
      waiters: [{ task: 1, role: "getter", since: 0 }],
      waiterCount: 1,
    });
    assert.equal(resourceDescription(jobs, 0, tasks), "queue · 3/10 · 4 unfinished · 1 getter waiting");
    assert.match(resourceTooltip(jobs, 0, tasks), /At most 10 items/);
    assert.match(resourceTooltip({ ...jobs, maxsize: 0 }, 0, tasks), /grow without bound/);
  });

  it("a lock: by whom it is held and for how long", () => {
    const lock = resource(1, "db", {
      kind: "lock",
      state: "locked",
      owner: 7,
      ownedSince: 1000,
      waiterCount: 3,
    });
    assert.equal(resourceDescription(lock, 2200, tasks), "lock · locked by worker-7 for 1.2 s · 3 waiting");
    assert.equal(
      resourceDescription({ ...lock, owner: 8, waiterCount: 0 }, 2200, tasks),
      "lock · locked by task 8 for 1.2 s",
    );
  });

  it("a lock that is free looks open", () => {
    assert.equal(resourceIcon(resource(1, "db", { kind: "lock", state: "unlocked" })).icon, "unlock");
    assert.equal(resourceIcon(resource(1, "db", { kind: "lock", state: "locked", owner: 7 })).icon, "lock");
    assert.equal(resourceIcon(resource(1, "db", { kind: "lock", state: "locked", owner: 0 })).icon, "lock");
  });

  it("is set off when somebody waits for it", () => {
    assert.notEqual(
      resourceIcon(resource(1, "q", { waiterCount: 1 })).color,
      resourceIcon(resource(1, "q")).color,
    );
  });

  it("every kind has an icon and is named", () => {
    const kinds: ResourceKind[] = [
      "queue",
      "priority-queue",
      "lifo-queue",
      "lock",
      "event",
      "condition",
      "semaphore",
      "bounded-semaphore",
      "barrier",
    ];
    for (const kind of kinds) {
      assert.ok(resourceIcon(resource(1, "x", { kind, state: "locked" })).icon);
      assert.ok(
        resourceDescription(resource(1, "x", { kind }), 0, tasks).startsWith(kind.replaceAll("-", " ")),
      );
    }
  });

  it("a condition names its lock", () => {
    const lock = resource(1, "db", { kind: "lock" });
    const condition = resource(2, "stock", { kind: "condition", lock: 1 });
    assert.match(resourceTooltip(condition, 0, tasks, lock), /Lock: db/);
    assert.doesNotMatch(resourceTooltip(condition, 0, tasks), /Lock:/);
  });

  it("is never without a name", () => {
    assert.equal(resourceLabel(resource(3, "\u0007", { kind: "event" })), "event-3");
  });

  it("groups of waiters say how many there are, also beyond what is listed", () => {
    const getters = [{ task: 1, role: "getter", since: 0 }] as const;
    assert.equal(roleLabel(resource(1, "q", { waiters: getters, waiterCount: 1 }), "getter"), "Getters (1)");
    assert.equal(
      roleLabel(resource(1, "q", { waiters: getters, waiterCount: 5000 }), "getter"),
      "Getters (5,000)",
    );
    const both = [...getters, { task: 2, role: "joiner", since: 0 } as const];
    assert.equal(
      roleLabel(resource(1, "q", { waiters: both, waiterCount: 9 }), "joiner"),
      "Joiners (1 or more)",
    );
  });
});
