import assert from "node:assert/strict";
import { test } from "node:test";
import { Pool, save } from "./orders.mjs";

test("an empty order is refused, and the next one is saved", async () => {
  const pool = new Pool(["connection 1"]);
  await assert.rejects(save(pool, { id: 1, lines: [] }), RangeError);
  assert.equal(await save(pool, { id: 2, lines: ["tea"] }), "2 saved over connection 1");
  pool.close();
});
