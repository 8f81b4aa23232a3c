// Two tasks side by side, ten steps a second apart, as generator coroutines: every frame can be looked into
// while it waits. Press F5 and open the Tasks view; the locals of a pinned task are live.
import { coro, createTask, gather, run, sleep } from "asyncscope";

const printNumbers = coro(function* printNumbers() {
  for (let number = 1; number <= 10; number++) {
    console.log(number);
    yield* sleep(1000); // @numbers-wait
  }
  return "numbers done";
});

const printLetters = coro(function* printLetters() {
  for (const letter of "abcdefghij") {
    console.log(letter);
    yield* sleep(1000); // @letters-wait
  }
  return "letters done";
});

const main = coro(function* main() {
  const numbers = createTask(printNumbers(), { name: "numbers" });
  const letters = createTask(printLetters(), { name: "letters" });
  const results = yield* gather(numbers, letters);
  console.log(results.join(", "));
});

await run(main());
