// Calls that wait for something that does not come. Bytes a call.
import { usedMemory } from "../../lib/used-memory.mjs";

async function waiting(promise) {
  return await promise;
}

export async function program({ times }) {
  const calls = new Array(times).fill(null);
  // Held, or V8 would collect the calls that wait for it.
  const never = (globalThis.never = new Promise(() => undefined));
  for (let i = 0; i < 1000; i++) void waiting(Promise.resolve(i));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const before = usedMemory();
  for (let i = 0; i < times; i++) calls[i] = waiting(never);
  await new Promise((resolve) => setTimeout(resolve, 20));
  return (usedMemory() - before) / calls.length;
}
