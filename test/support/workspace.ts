import { cpSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "../../scripts/lib/root.mjs";

/** A copy of `examples/` in the temporary folder, so that nothing a test does is written into the project. */
export function copyOfExamples(): { folder: string; remove: () => void } {
  const parent = realpathSync(mkdtempSync(join(tmpdir(), "asyncscope-workspace-")));
  const folder = join(parent, "examples");
  cpSync(join(root, "examples"), folder, { recursive: true });
  // The examples import `asyncscope` as a project that has installed it would.
  symlinkSync(join(root, "node_modules"), join(parent, "node_modules"), "junction");
  return { folder, remove: () => rmSync(parent, { recursive: true, force: true, maxRetries: 5 }) };
}
