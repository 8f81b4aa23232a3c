import { hostname } from "node:os";
import { readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

/** A holder touches its lock this often, and one not touched for `STALE` is taken to have died. Milliseconds. */
const BEAT = 2000;
const STALE = 20_000;

/**
 * Runs `work` while no other process does so under the same lock file.
 * @template T
 * @param {string} path
 * @param {() => Promise<T>} work
 * @param {{ timeout?: number, log?: (line: string) => void }} options `timeout` in milliseconds.
 * @returns {Promise<T>}
 */
export async function withLock(path, work, { timeout = 900_000, log } = {}) {
  mkdirSync(dirname(path), { recursive: true });
  const me = `${process.pid} ${hostname()} ${Date.now()}\n`;
  const until = Date.now() + timeout;
  for (let told = false; !tryTake(path, me); told = true) {
    if (!told) log?.(`waiting for another process that is at the same work (${path})`);
    if (Date.now() > until)
      throw new Error(`Gave up waiting for ${path}. If no other run is under way, delete this file.`);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimesSync(path, now, now);
  }, BEAT);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(path, { force: true });
  }
}

/** @param {string} path @param {string} me */
function tryTake(path, me) {
  try {
    writeFileSync(path, me, { flag: "wx" });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== "EEXIST") throw error;
  }
  if (!holderIsGone(path)) return false;
  // Two may find it stale at once. Only one rename succeeds for one file; what was renamed is looked at again,
  // so that a lock taken in between is put back rather than broken.
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (holderIsGone(aside)) rmSync(aside, { force: true });
    else renameSync(aside, path);
  } catch {
    // The other one was faster.
  }
  return false;
}

/** @param {string} path */
function holderIsGone(path) {
  try {
    const [pid, host] = readFileSync(path, "utf8").trim().split(" ");
    if (Date.now() - statSync(path).mtimeMs > STALE) return true;
    if (host !== hostname() || !pid) return false;
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === "ESRCH";
  }
}
