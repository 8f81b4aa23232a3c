// Awaits one after the other. Nanoseconds an await.
async function awaits(times) {
  let sum = 0;
  for (let i = 0; i < times; i++) sum += await i;
  return sum;
}

export async function program({ times }) {
  const start = performance.now();
  await awaits(times);
  return ((performance.now() - start) * 1e6) / times;
}
