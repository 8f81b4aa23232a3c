/** Where functions are called that are not awaited at once: looked for only while somebody watches. */
import type { Site } from "@asyncscope/protocol";
import { SiteBudget, SiteTable } from "../inspect/sites.js";
import { isDropped } from "./points-table.js";

/** Captures in a second; each costs about 10 µs. */
const PER_SECOND = 1000;

const sites = new SiteTable();
/** Sites of calls of something of Node's, which has called the function and may have kept its promise. */
const indirect = new Set<number>();
const budget = new SiteBudget({ capture }, PER_SECOND, true);

function capture(): number {
  // The innermost frame of the program is the function that has just been entered.
  const site = sites.capture(1);
  if (!sites.isDirect) indirect.add(site);
  return site;
}

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

/** Whether a function was called at such a place by a statement that does nothing with its promise. */
export function isFloating(id: number): boolean {
  const site = indirect.has(-id) ? undefined : calledAt(id);
  return site !== undefined && isDropped(site.url, site.line, site.column);
}
