// A million suspended tasks; says how much memory each takes. Arguments: how many.
import { coro, createTask, Future, run, sleep } from "asyncscope";

const count = Number(process.argv[2]);
const forever = coro(function* forever(gate) {
  yield* gate;
});

await run(async () => {
  const gate = new Future();
  globalThis.gc();
  const before = process.memoryUsage().heapUsed;
  for (let i = 0; i < count; i++) createTask(forever(gate));
  await sleep(1);
  globalThis.gc();
  console.log(`bytes ${(process.memoryUsage().heapUsed - before) / count}`);
  if (process.argv[3] === "stay") {
    // Something changes all the time, so that no answer can be kept.
    for (;;) {
      createTask(sleep(0));
      await sleep(20);
    }
  }
  process.exit(0);
});
