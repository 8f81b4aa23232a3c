import { DUMP_FORMAT, DUMP_VERSION, type DumpTask, type TaskDump } from "@asyncscope/protocol";

const PATH = "~/shop/jobs.ts";
const plain = {
  coroutine: "",
  form: "generator",
  waits: [],
  hiddenWaits: 0,
  cancelling: 0,
  unretrieved: false,
  frames: [],
  hiddenFrames: 0,
  createdIsInferred: false,
} as const satisfies Partial<DumpTask>;

/** A dump with every kind of line. */
export const SAMPLE: TaskDump = {
  format: DUMP_FORMAT,
  version: DUMP_VERSION,
  program: PATH,
  pid: 4711,
  node: "v20.20.2",
  runtime: "0.1.0",
  time: "2026-05-04T10:11:12.345Z",
  status: "live",
  counts: { scheduled: 1, suspended: 3, failed: 1 },
  hidden: { tasks: 1, resources: 2, chains: 3 },
  notes: ["Nothing was recorded before."],
  findings: [
    {
      kind: "leaked-lock",
      text: "Lock db was taken by resting, which has ended.",
      locations: [{ path: PATH, line: 13, column: 5, functionName: "resting" }],
    },
  ],
  cycles: [
    [
      { id: 2, name: "consumer" },
      { id: 3, name: "resting" },
    ],
  ],
  tasks: [
    {
      ...plain,
      id: 1,
      name: "main",
      state: "suspended",
      coroutine: "main",
      age: 4200,
      waits: [
        {
          kind: "gather",
          label: "gather: 2 of 2 pending",
          age: 4200,
          tasks: [
            { id: 2, name: "consumer" },
            { id: 9, name: "other" },
          ],
          hiddenTasks: 1,
        },
      ],
      frames: [
        { functionName: "main", kind: "async", location: { path: PATH, line: 30, column: 3 } },
        { functionName: "", kind: "native" },
      ],
      hiddenFrames: 2,
    },
    {
      ...plain,
      id: 2,
      name: "consumer",
      parent: { id: 1, name: "main" },
      state: "suspended",
      coroutine: "consumer",
      age: 4100,
      waits: [
        {
          kind: "lock",
          label: "Lock db held by resting",
          age: 4100,
          left: 61_005,
          resource: { id: 2, name: "db" },
          tasks: [],
          hiddenTasks: 0,
        },
      ],
      hiddenWaits: 1,
      cancelling: 1,
      cancelledBy: {
        by: { id: 1, name: "main" },
        message: "shutting down",
        location: { path: PATH, line: 7, column: 1, functionName: "stop" },
      },
      frames: [
        { functionName: "get item", kind: "generator", location: { path: PATH, line: 12, column: 9 } },
      ],
      created: { path: PATH, line: 29, column: 5, functionName: "main" },
    },
    {
      ...plain,
      id: 3,
      name: "resting",
      parent: { id: 2, name: "consumer" },
      state: "scheduled",
      form: "async",
      age: 340,
      floating: true,
      created: { path: PATH, line: 13, column: 5, functionName: "" },
      createdIsInferred: true,
    },
    {
      ...plain,
      id: 4,
      name: "broken",
      parent: { id: 99, name: "gone" },
      state: "failed",
      age: 90_061_001,
      error: "TypeError: x is not a function",
      unretrieved: true,
      cancelledBy: { message: "" },
    },
  ],
  resources: [
    {
      id: 1,
      name: "jobs",
      kind: "queue",
      state: "3/10",
      unfinished: 4,
      items: [
        { index: 0, preview: "'job-1'" },
        { index: 1, preview: "{id: 2}" },
      ],
      hiddenItems: 1,
      waiters: [{ role: "putter", task: { id: 1, name: "main" }, age: 12 }],
      hiddenWaiters: 3,
      created: { path: PATH, line: 3, column: 14, functionName: "" },
    },
    {
      id: 2,
      name: "db",
      kind: "lock",
      state: "locked",
      items: [],
      hiddenItems: 0,
      owner: { id: 3, name: "resting", age: 5000 },
      waiters: [
        { role: "waiter", task: { id: 2, name: "consumer" }, age: 4100 },
        { role: "waiter", age: 10 },
      ],
      hiddenWaiters: 0,
    },
    {
      id: 3,
      name: "idle",
      kind: "condition",
      state: "unlocked",
      lock: { id: 2, name: "db" },
      items: [],
      hiddenItems: 0,
      waiters: [],
      hiddenWaiters: 0,
    },
  ],
};

export const SAMPLE_TEXT = `Asyncscope task dump 1

program  ~/shop/jobs.ts
process  4711
node     v20.20.2
runtime  0.1.0
time     2026-05-04T10:11:12.345Z
status   live
counts   1 scheduled, 3 suspended, 1 failed
hidden   1 tasks, 2 queues and locks, 3 await chains
note     Nothing was recorded before.

Findings

- [leaked-lock] Lock db was taken by resting, which has ended.
    at resting (~/shop/jobs.ts:13:5)

Cycles

- 2 tasks in a circle, each waiting for the next
    consumer #2
    resting #3

Tasks

- main [suspended] #1
    runs main (generator)
    waits for gather: 2 of 2 pending [gather] 4.200 s
        on consumer #2
        on other #9
        ... 1 more tasks
    at async main (~/shop/jobs.ts:30:3)
    at native <anonymous> (no source)
    ... 2 more frames
    - consumer [suspended] #2
        runs consumer (generator)
        waits for Lock db held by resting [lock] 4.100 s, 1 min 1.005 s left
            on db @2
        ... 1 more waits
        cancel requests 1
        cancelled by main #1
            message shutting down
            at stop (~/shop/jobs.ts:7:1)
        at "get item" (~/shop/jobs.ts:12:9)
        created at main (~/shop/jobs.ts:29:5)
        - resting [scheduled] #3
            runs <anonymous> (async)
            floating: nobody awaits its promise
            for 340 ms
            created about <anonymous> (~/shop/jobs.ts:13:5)
- broken [failed] #4
    started by gone #99
    runs <anonymous> (generator)
    for 25 h 1 min 1.001 s
    unretrieved error TypeError: x is not a function
    cancelled from outside any task

Queues & Locks

- jobs [queue: 3/10] @1
    unfinished 4
    [0] 'job-1'
    [1] {id: 2}
    ... 1 more items
    putter main #1 12 ms
    ... 3 more waiters
    created at <anonymous> (~/shop/jobs.ts:3:14)
- db [lock: locked] @2
    owner resting #3 5.000 s
    waiter consumer #2 4.100 s
    waiter (no task) 10 ms
- idle [condition: unlocked] @3
    on db @2

End of task dump: 4 tasks, 3 queues and locks.
`;
