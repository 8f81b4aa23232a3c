// Tasks that pass items through queues as fast as they can; says each second how many.
import { coro, createTask, Queue, run, sleep } from "asyncscope";

let passed = 0;
const pass = coro(function* pass(from, to) {
  for (;;) {
    yield* to.put(yield* from.get());
    passed++;
    if (passed % 50 === 0) yield* sleep(0);
  }
});

await run(async () => {
  for (let ring = 0; ring < 100; ring++) {
    const queues = Array.from({ length: 10 }, () => new Queue(2));
    for (let i = 0; i < 10; i++) createTask(pass(queues[i], queues[(i + 1) % 10]));
    for (let i = 0; i < 5; i++) queues[i].putNowait(i);
  }
  for (let before = 0, at = performance.now(); ; before = passed, at = performance.now()) {
    await sleep(1000);
    console.log(`rate ${((passed - before) / (performance.now() - at)) * 1000}`);
  }
});
