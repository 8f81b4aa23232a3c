import { chromium } from "playwright-core";

/** Headless Chromium asks nobody and tells nobody; the sandbox cannot be had by root. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * A headless Chromium.
 * @param {string} executablePath
 */
export function launchBrowser(executablePath) {
  // On a signal its own handlers would end this process before the rest has been cleaned up.
  const signals = { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false };
  return chromium.launch({ executablePath, headless: true, args: FLAGS, timeout: 30_000, ...signals });
}
