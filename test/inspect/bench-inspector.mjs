// What watching costs, measured on the built package: node test/inspect/bench-inspector.mjs [scale|ratio|churn] [seconds]
// Without an argument: scale and ratio. Everything in fresh processes, ratios interleaved.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { createTask, coro, Future, Queue, run, sleep } from "asyncscope";

const inspector = globalThis[Symbol.for("asyncscope.inspector")];
const [part = "all", argument] = process.argv.slice(2);
const self = fileURLToPath(import.meta.url);
const child = (...args) => {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--expose-gc", "--max-old-space-size=8000", self, ...args],
    {
      encoding: "utf8",
    },
  );
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
};
const print = (value) => process.stdout.write(JSON.stringify(value));
const median = (list) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)];

const forever = coro(function* forever(future) {
  yield* future;
});

/** Heap with a million suspended tasks, and what queries take. */
async function scale(watched) {
  const count = 1_000_000;
  if (watched) inspector.enable({ protocolVersion: 1 });
  await run(async () => {
    const gate = new Future();
    gc();
    const before = process.memoryUsage().heapUsed;
    const started = performance.now();
    const tasks = new Set();
    for (let i = 0; i < count; i++) createTask(forever(gate));
    await sleep(0);
    await sleep(1);
    const took = performance.now() - started;
    gc();
    const result = { bytes: (process.memoryUsage().heapUsed - before) / count, spawnMs: took };
    if (watched) {
      const time = (query) => {
        const times = [];
        let reply;
        for (let i = 0; i < 5; i++) {
          const start = performance.now();
          reply = inspector.tree(query);
          times.push(performance.now() - start);
        }
        const { tasks, hidden } = JSON.parse(reply);
        return {
          first: +times[0].toFixed(1),
          median: +median(times).toFixed(1),
          rows: tasks.length,
          hidden,
          kB: Math.round(reply.length / 1000),
        };
      };
      const main = JSON.parse(inspector.tree({ order: "creation", pages: [{ task: 0 }] })).tasks[0].id;
      result.queries = {
        "creation, first 100": time({ order: "creation", pages: [{ task: 0 }, { task: main }] }),
        "creation, 100 at 999,000": time({ order: "creation", pages: [{ task: main, offset: 999_000 }] }),
        "creation, deep, 2000": time({ order: "creation", pages: [{ task: 0 }], deep: true }),
        "await, first 100": time({ order: "await", pages: [{ task: 0 }] }),
        "await, deep, 2000": time({ order: "await", pages: [{ task: 0 }], deep: true }),
        "filter by text": time({
          order: "creation",
          pages: [{ task: main }],
          filter: { text: "task-99999" },
        }),
        "filter by state": time({
          order: "creation",
          pages: [{ task: main }],
          filter: { states: ["running"] },
        }),
        resources: (() => {
          const start = performance.now();
          inspector.resources({});
          return { first: +(performance.now() - start).toFixed(1) };
        })(),
      };
    }
    print(result);
    tasks.clear();
    process.exit(0);
  });
}

const workloads = {
  "spawn and join": async (n) => {
    for (let i = 0; i < n; i += 100) {
      const batch = [];
      for (let j = 0; j < 100; j++) batch.push(createTask(forever(done)));
      for (const task of batch) await task;
    }
  },
  "switch (sleep 0)": (n) =>
    createTask(function* () {
      for (let i = 0; i < n; i++) yield* sleep(0);
    }),
  "future wake": (n) => {
    const waiting = [];
    return createTask(function* () {
      const other = createTask(function* () {
        for (let i = 0; i < n; i++) {
          const future = new Future();
          waiting.push(future);
          yield* future;
        }
      });
      while (!other.done()) {
        yield* sleep(0);
        waiting.pop()?.setResult();
      }
    });
  },
  "queue ping-pong": (n) =>
    createTask(function* () {
      const there = new Queue(1);
      const back = new Queue(1);
      createTask(function* () {
        for (let i = 0; i < n; i++) yield* back.put(yield* there.get());
      });
      for (let i = 0; i < n; i++) {
        yield* there.put(i);
        yield* back.get();
      }
    }),
  "async function awaits": (n) =>
    createTask(async () => {
      for (let i = 0; i < n; i++) await sleep(0);
    }),
};
let done;

/** Time of one workload, in ns per operation. */
async function one(name, how) {
  const n = 200_000;
  if (how !== "plain") inspector.enable({ protocolVersion: 1 });
  if (how === "recorded") inspector.startRecording();
  await run(async () => {
    done = new Future();
    done.setResult();
    await workloads[name](n / 10);
    const times = [];
    for (let i = 0; i < 5; i++) {
      const start = performance.now();
      await workloads[name](n);
      times.push(((performance.now() - start) / n) * 1e6);
    }
    print(median(times));
  });
}

/** 10,000 tasks a second: heap over time. */
async function churn(seconds) {
  inspector.enable({ protocolVersion: 1 });
  await run(async () => {
    const heap = [];
    const short = coro(function* short() {
      yield* sleep(5);
    });
    for (let second = 0; second < seconds; second++) {
      const start = performance.now();
      for (let tick = 0; tick < 100; tick++) {
        for (let i = 0; i < 100; i++) createTask(short());
        if (tick % 25 === 0) inspector.tree({ order: "creation", pages: [{ task: 0 }], deep: true });
        await sleep(Math.max(0, start + (tick + 1) * 10 - performance.now()));
      }
      if (second % Math.ceil(seconds / 6) === 0 || second === seconds - 1) {
        gc();
        heap.push(+(process.memoryUsage().heapUsed / 1e6).toFixed(2));
      }
    }
    print({
      "heap MB over time": heap,
      cpu: +((process.cpuUsage().user / 1e6 / seconds) * 100).toFixed(0) + " %",
    });
  });
}

if (part === "scale-child") await scale(argument === "watched");
else if (part === "one") await one(argument, process.argv[4]);
else if (part === "churn-child") await churn(Number(argument));
else {
  if (part === "all" || part === "scale") {
    const [plain, watched] = [child("scale-child", "plain"), child("scale-child", "watched")];
    console.log("1,000,000 suspended tasks");
    console.log(
      `  bytes a task: ${plain.bytes.toFixed(0)} plain, ${(watched.bytes - plain.bytes).toFixed(0)} more when watched`,
    );
    console.log(`  spawn: ${plain.spawnMs.toFixed(0)} ms plain, ${watched.spawnMs.toFixed(0)} ms watched`);
    console.table(watched.queries);
  }
  if (part === "all" || part === "ratio") {
    const table = {};
    for (const name of Object.keys(workloads)) {
      const plain = [];
      const watched = [];
      const recorded = [];
      for (let i = 0; i < 3; i++) {
        plain.push(child("one", name, "plain"));
        watched.push(child("one", name, "watched"));
        recorded.push(child("one", name, "recorded"));
      }
      const [a, b, c] = [plain, watched, recorded].map((times) => Math.min(...times));
      table[name] = {
        "plain ns": Math.round(a),
        "watched ns": Math.round(b),
        ratio: +(b / a).toFixed(2),
        "recorded ns": Math.round(c),
        "recorded/plain": +(c / a).toFixed(2),
      };
    }
    console.table(table);
  }
  if (part === "churn") console.log(child("churn-child", argument ?? "60"));
}
