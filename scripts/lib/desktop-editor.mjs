import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { which } from "./debian.mjs";

/**
 * A VS Code with a window. `executable` is the program itself, which stays until its window is closed; `cli` is the
 * command-line tool beside it, which installs extensions.
 * @typedef {{ executable: string, cli: string }} DesktopEditor
 */

/** From the folder of an installation. @type {Readonly<Record<string, { executable: string, cli: string }>>} */
const LAYOUT = {
  linux: { executable: "code", cli: "bin/code" },
  darwin: { executable: "Contents/MacOS/Electron", cli: "Contents/Resources/app/bin/code" },
  win32: { executable: "Code.exe", cli: "bin\\code.cmd" },
};

const FOLDERS = [
  "/usr/share/code",
  "/snap/code/current/usr/share/code",
  "/Applications/Visual Studio Code.app",
  join(process.env["LOCALAPPDATA"] ?? "", "Programs\\Microsoft VS Code"),
];

/**
 * The VS Code of this machine: `VSCODE` (the path of either program), PATH, the usual places. Undefined when there is
 * none, or no display to show it on.
 * @returns {DesktopEditor | undefined}
 */
export function desktopEditor() {
  const chosen = process.env["VSCODE"];
  if (chosen !== undefined && chosen !== "") {
    const found = existsSync(chosen) ? around(chosen) : undefined;
    if (found !== undefined) return found;
    throw new Error(
      `VSCODE is ${chosen}, which is no VS Code with its command-line tool: correct or unset it.`,
    );
  }
  if (process.platform === "linux" && !process.env["DISPLAY"] && !process.env["WAYLAND_DISPLAY"])
    return undefined;
  const command = which("code");
  return (command === undefined ? undefined : around(command)) ?? FOLDERS.map(inFolder).find(Boolean);
}

/** The installation that a program of it belongs to. @param {string} program */
function around(program) {
  for (let folder = dirname(realpathSync(program)); folder !== dirname(folder); folder = dirname(folder)) {
    const found = inFolder(folder);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** @param {string} folder @returns {DesktopEditor | undefined} */
function inFolder(folder) {
  const layout = LAYOUT[process.platform];
  if (layout === undefined) return undefined;
  const found = { executable: join(folder, layout.executable), cli: join(folder, layout.cli) };
  return existsSync(found.executable) && existsSync(found.cli) ? found : undefined;
}
