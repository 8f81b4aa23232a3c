// The models behind the editor's views, as they are: they know nothing of the editor.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root } from "../../scripts/lib/root.mjs";

/** @returns {Promise<any>} the classes of the models by name */
export async function viewModels() {
  const folder = mkdtempSync(join(tmpdir(), "asyncscope-bench-views-"));
  const outfile = join(folder, "models.mjs");
  try {
    await build({
      stdin: {
        contents: `
          export { TaskOrders } from "./extension/src/tasks/task-orders.ts";
          export { ResourceModel } from "./extension/src/resources/resource-model.ts";`,
        resolveDir: root,
      },
      bundle: true,
      platform: "node",
      format: "esm",
      outfile,
      logLevel: "error",
      alias: { "@asyncscope/debug-adapter": join(root, "debug-adapter/src") },
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
