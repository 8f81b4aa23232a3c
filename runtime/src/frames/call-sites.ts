/** Where functions are called that are not awaited at once: looked for only while somebody watches. */
import type { Site } from "@asyncscope/protocol";
import { SiteBudget, SiteTable } from "../inspect/sites.js";

/** Captures in a second; each costs about 10 µs. */
const PER_SECOND = 1000;

const sites = new SiteTable();
// The innermost frame of the program is the function that has just been entered.
const budget = new SiteBudget({ capture: () => sites.capture(1) }, PER_SECOND, true);

/** A script of ours, which is no caller. */
export function ownCode(script: string): void {
  sites.addScript(script);
}

/**
 * The place from which the function that is just entered was called, as a number below 0; 0 when it is not known.
 * @param caller, @param called points of the two functions.
 */
export function callSite(caller: number, called: number): number {
  return -Math.abs(budget.site(String(caller), String(called)));
}

/** The place of such a number, in the code as it runs. */
export function calledAt(id: number): Site | undefined {
  return sites.get(-id);
}
