// Draws media/icon.png (256 × 256, what the Marketplace shows) from scripts/icon.svg.
// Usage: node scripts/render-icon.mjs
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { launchBrowser } from "./lib/browser.mjs";
import { root } from "./lib/root.mjs";
import { ensureChromium } from "./setup-chromium.mjs";

const browser = await launchBrowser(await ensureChromium((line) => console.error(line)));
const page = await browser.newPage({ viewport: { width: 256, height: 256 } });
const svg = readFileSync(join(root, "scripts/icon.svg"), "utf8");
await page.setContent(`<style>body{margin:0}svg{display:block}</style>${svg}`);
await page.screenshot({ path: join(root, "media/icon.png"), omitBackground: true });
await browser.close();
