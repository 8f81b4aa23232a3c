// Awaits one after the other. Nanoseconds of CPU an await.
import { cpuTime } from "../../lib/cpu-time.mjs";

async function awaits(times) {
  let sum = 0;
  for (let i = 0; i < times; i++) sum += await i;
  return sum;
}

export async function program({ times }) {
  const before = cpuTime();
  await awaits(times);
  return ((cpuTime() - before) * 1e3) / times;
}
