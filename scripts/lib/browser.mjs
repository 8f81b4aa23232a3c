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
  return chromium.launch({ executablePath, headless: true, args: FLAGS, timeout: 30_000 });
}
