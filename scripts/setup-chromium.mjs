// Finds a Chromium, or installs Debian's.
// Usage: node scripts/setup-chromium.mjs   (prints its path)
import { existsSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { aptInstall, canInstall, which } from "./lib/debian.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
const PATHS = [
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];
/** Without fonts a headless browser draws boxes. */
const PACKAGES = ["chromium", "fonts-dejavu-core", "fonts-liberation"];

/** The path of a Chromium on this machine: `CHROME`, PATH, the usual places; undefined when there is none. */
export function findChromium() {
  const chosen = process.env["CHROME"];
  if (chosen) {
    if (existsSync(chosen)) return chosen;
    throw new Error(`CHROME names ${chosen}, which does not exist: correct or unset it.`);
  }
  for (const name of NAMES) {
    const path = which(name);
    if (path !== undefined) return path;
  }
  return PATHS.find((path) => existsSync(path));
}

/** The path of a Chromium, installed now if need be and possible. @param {(line: string) => void} log */
export async function ensureChromium(log) {
  const found = findChromium();
  if (found !== undefined) return found;
  if (canInstall()) {
    await aptInstall(PACKAGES, log);
    const installed = findChromium();
    if (installed !== undefined) return installed;
  }
  throw new Error(
    "No Chromium was found. Install one (Debian, Ubuntu: apt-get install chromium; macOS: Google Chrome), " +
      "or put the path of one into the environment variable CHROME, then run this again.",
  );
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  console.log(await ensureChromium((line) => console.error(line)));
