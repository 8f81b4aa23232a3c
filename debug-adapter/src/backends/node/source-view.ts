import { existsSync } from "node:fs";
import { basename } from "node:path";
import type { SourceView } from "../../target/execution.js";
import type { CdpConnection } from "./cdp/connection.js";
import type { SourcePosition } from "./scripts.js";

/** How a source is named and, when it is no file, where its text comes from. */
export function sourceView(
  cdp: CdpConnection,
  position: SourcePosition,
  mapped?: () => string | undefined,
): SourceView {
  const { path, script } = position;
  const name = basename(path) || `VM${script?.id ?? ""}`;
  if (/^(\/|[a-z]:[\\/])/i.test(path) && existsSync(path)) return { path, name };
  const content = async (): Promise<string> => {
    const text = mapped?.();
    if (text !== undefined) return text;
    if (script === undefined) return "";
    const { scriptSource } = await cdp.send("Debugger.getScriptSource", { scriptId: script.id });
    return scriptSource;
  };
  return path === ""
    ? { path: `VM${script?.id ?? ""}`, name, content }
    : { path, name, content, ...(path.startsWith("node:") ? { origin: "Node internals" } : {}) };
}
