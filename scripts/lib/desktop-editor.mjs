import { existsSync } from "node:fs";
import { which } from "./debian.mjs";

const PATHS = [
  "/usr/share/code/code",
  "/usr/share/code-insiders/code-insiders",
  "/snap/bin/code",
  "/Applications/Visual Studio Code.app/Contents/MacOS/Electron",
  `${process.env["LOCALAPPDATA"] ?? ""}\\Programs\\Microsoft VS Code\\Code.exe`,
];

/**
 * The path of a VS Code with a window: `VSCODE`, the usual places, PATH. Undefined when there is none, or no
 * display to show it on.
 */
export function desktopEditor() {
  const chosen = process.env["VSCODE"];
  if (chosen !== undefined && chosen !== "") {
    if (existsSync(chosen)) return chosen;
    throw new Error(`VSCODE names ${chosen}, which does not exist: correct or unset it.`);
  }
  const display = process.platform !== "linux" || process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"];
  return display ? (PATHS.find((path) => existsSync(path)) ?? which("code")) : undefined;
}
