import { readFileSync } from "node:fs";

/** Whether a process of that id runs; one that has ended and is not yet reaped does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
  } catch {
    return process.platform !== "linux";
  }
}

/** How many pipes and child processes this program has open. */
export function openPipes(): number {
  return process.getActiveResourcesInfo().filter((name) => /Pipe|Process/.test(name)).length;
}
