/**
 * Waits until a condition holds, looking every 50 ms.
 * @throws Error that says what was waited for, after `timeout` milliseconds.
 */
export async function eventually(
  what: string,
  holds: () => Promise<boolean> | boolean,
  timeout = 40_000,
): Promise<void> {
  const until = Date.now() + timeout;
  while (!(await holds())) {
    if (Date.now() > until) throw new Error(`After ${timeout / 1000} s still not: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
