// The same two tasks as plain async functions, in plain JavaScript.
import { createTask, gather, run, sleep } from "asyncscope";

async function printNumbers() {
  for (let number = 1; number <= 10; number++) {
    console.log(number);
    await sleep(1000); // @numbers-wait
  }
  return "numbers done";
}

async function printLetters() {
  for (const letter of "abcdefghij") {
    console.log(letter);
    await sleep(1000); // @letters-wait
  }
  return "letters done";
}

await run(async function main() {
  const numbers = createTask(printNumbers, { name: "numbers" });
  const letters = createTask(printLetters, { name: "letters" });
  const results = await gather(numbers, letters);
  console.log(results.join(", "));
});
