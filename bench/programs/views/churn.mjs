// 100,000 live tasks, of which 10,000 a second end and are replaced; says now and then how large the heap is.
import { coro, createTask, run, sleep } from "asyncscope";

const LIVE = 100_000;
const PER_TICK = 100;
const short = coro(function* short(ms) {
  yield* sleep(ms);
});

await run(async () => {
  for (let i = 0; i < LIVE; i++) createTask(short((i / LIVE) * 10_000));
  const start = performance.now();
  for (let tick = 1; ; tick++) {
    for (let i = 0; i < PER_TICK; i++) createTask(short(10_000));
    if (tick % 500 === 0) {
      globalThis.gc();
      console.log(`heap ${process.memoryUsage().heapUsed / 1e6}`);
    }
    await sleep(Math.max(0, start + tick * 10 - performance.now()));
  }
});
