// Three async functions, each of which awaits the next. Nanoseconds of CPU a call of the outermost.
import { cpuTime } from "../../lib/cpu-time.mjs";

async function inner(value) {
  return await value;
}

async function middle(value) {
  const result = await inner(value);
  return result + 1;
}

async function outer(value) {
  const result = await middle(value);
  return result * 2;
}

export async function program({ times }) {
  const before = cpuTime();
  let sum = 0;
  for (let i = 0; i < times; i++) sum += await outer(i);
  return ((cpuTime() - before) * 1e3) / times;
}
