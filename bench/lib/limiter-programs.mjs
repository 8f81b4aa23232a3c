// The two workloads that a library which limits concurrency fits. What it lets in takes a turn by `await null`.

const turn = async () => {
  await null;
};

/**
 * @param {(concurrency: number) => (body: () => Promise<void>) => Promise<unknown>} makeLimiter
 * @returns {Record<string, import("../child.mjs").Program>}
 */
export const limiterPrograms = (makeLimiter) => ({
  async lock({ tasks = 1, times = 1 }) {
    const start = performance.now();
    const limit = makeLimiter(1);
    const visitor = async () => {
      for (let i = 0; i < times; i++) await limit(turn);
    };
    const all = [];
    for (let i = 0; i < tasks; i++) all.push(visitor());
    await Promise.all(all);
    return performance.now() - start;
  },

  async semaphore({ tasks = 1, permits = 1 }) {
    const start = performance.now();
    const limit = makeLimiter(permits);
    const all = [];
    for (let i = 0; i < tasks; i++) all.push(limit(turn));
    await Promise.all(all);
    return performance.now() - start;
  },
});
