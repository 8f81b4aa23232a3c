// A program that writes its report and does not end: see docs/tutorial-hangs-at-exit.md.
import { setTimeout as sleep } from "node:timers/promises";

/** Keeps what was looked up for a minute. */
class Cache {
  #entries = new Map();

  constructor() {
    this.#sweep();
  }

  async #sweep() {
    for (;;) {
      await sleep(60_000);
      for (const [key, { time }] of this.#entries) if (time < Date.now() - 60_000) this.#entries.delete(key);
    }
  }

  async get(key, look) {
    const known = this.#entries.get(key);
    if (known !== undefined) return known.value;
    const value = await look(key);
    this.#entries.set(key, { value, time: Date.now() });
    return value;
  }
}

const prices = new Cache();
const orders = ["tea", "milk", "tea"];

async function priceOf(product) {
  await sleep(20); // Asks the shop.
  return product.length;
}

let sum = 0;
for (const product of orders) sum += await prices.get(product, priceOf);
console.log(`report written: ${orders.length} orders, ${sum} in all`);
