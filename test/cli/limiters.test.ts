import assert from "node:assert/strict";
import { resolve } from "node:path";
import type { ResourcesBody } from "@asyncscope/protocol";
import { asyncscope, freePort, Subject } from "../support/cli.js";

const LOADER = ["--require", resolve("runtime/dist/register.cjs")];

describe("asyncscope queues: limiters of packages", function () {
  this.timeout(120_000);
  afterEach(() => Subject.endAll());

  const start = async (node: readonly string[]): Promise<Subject> =>
    Subject.start("limiters.mjs", { node: [`--inspect-port=${await freePort()}`, ...node] });

  for (const [how, node] of [
    ["asyncscope run has started", LOADER],
    ["nobody has prepared", []],
  ] as const)
    it(`are found in the heap of a program that ${how}, with what runs and waits`, async () => {
      const { pid } = await start(node);
      const { stdout, stderr } = await asyncscope("queues", pid, "--snapshot", "--json");
      assert.equal(stderr, "");
      const { resources } = JSON.parse(stdout) as { readonly resources: ResourcesBody };
      const names = new Map(resources.tasks.map(({ id, name }) => [id, name]));
      assert.deepEqual(
        resources.resources
          .map(({ kind, name, state, value, limiter, waiters, waiterCount }) => ({
            what: `${kind} ${name}`,
            state,
            ...(value === undefined ? {} : { value }),
            limiter,
            waiters: waiters.map(({ task }) => names.get(task)),
            waiterCount,
          }))
          .sort((a, b) => (a.what < b.what ? -1 : 1)),
        [
          {
            what: "lock database (async-mutex)",
            state: "locked, 2 waiting",
            limiter: { package: "async-mutex", running: 1, waiting: 2, concurrency: 1 },
            waiters: ["query", "query"],
            waiterCount: 2,
          },
          {
            what: "queue Crawler.pages (p-queue)",
            state: "2 of 2 running, 3 waiting",
            limiter: { package: "p-queue", running: 2, waiting: 3, concurrency: 2 },
            waiters: ["visit", "visit", "visit"],
            waiterCount: 3,
          },
          {
            what: "queue p-queue",
            state: "0 running, 1 waiting",
            limiter: { package: "p-queue", running: 0, waiting: 1 },
            waiters: [],
            waiterCount: 1,
          },
          {
            what: "queue uploads (fastq)",
            state: "1 of 1 running, 2 waiting",
            limiter: { package: "fastq", running: 1, waiting: 2, concurrency: 1 },
            waiters: ["upload", "upload"],
            waiterCount: 2,
          },
          {
            what: "semaphore downloads (p-limit)",
            state: "3 of 3 running, 1 waiting",
            limiter: { package: "p-limit", running: 3, waiting: 1, concurrency: 3 },
            waiters: ["download"],
            waiterCount: 1,
          },
          {
            what: "semaphore p-limit",
            state: "0 of 1 running, 0 waiting",
            limiter: { package: "p-limit", running: 0, waiting: 0, concurrency: 1 },
            waiters: [],
            waiterCount: 0,
          },
          {
            what: "semaphore seats (async-mutex)",
            state: "1 free, 1 waiting",
            value: 1,
            limiter: { package: "async-mutex", waiting: 1 },
            waiters: ["sit"],
            waiterCount: 1,
          },
        ],
      );
    });

  it("are a row each in the text, with who waits and no invented age", async () => {
    const { pid } = await start(LOADER);
    const { stdout } = await asyncscope("queues", pid, "--snapshot");
    assert.match(
      stdout,
      /^queue Crawler\.pages \(p-queue\): 2 of 2 running, 3 waiting\n(?: {2}waits: visit\n){3}/m,
    );
  });

  it("are not looked for unasked: it is said how", async () => {
    const { pid } = await start(LOADER);
    const { code, stdout } = await asyncscope("queues", pid);
    assert.equal(code, 0);
    assert.match(stdout, new RegExp(`stand in its heap: asyncscope queues ${pid} --snapshot reads them`));
    const plain = await start([]);
    const refused = await asyncscope("queues", plain.pid);
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`queues ${plain.pid} --snapshot reads them`));
  });
});
