import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { root } from "./root.mjs";

/** @typedef {import("../../protocol/src/index.js").TreeBody} TreeBody */
/** @typedef {typeof import("../../debug-adapter/src/text/terminal-tree.js")} TerminalTree */

/** On a terminal the tree is drawn again at most this often; elsewhere a tree is printed. Milliseconds. */
const REDRAW = 250;
const PRINT = 1000;
/** Not on a terminal: after so many trees only every fifth second brings one. */
const MANY = 10;

/**
 * Shows a program's output and, below it, its task tree: drawn in place on a terminal, printed when it has
 * changed elsewhere (a log, CI).
 * @param {NodeJS.WriteStream} out @param {string} folder Paths are shown relative to it.
 */
export function terminalView(out, folder) {
  const live = out.isTTY === true;
  const color = live && process.env["NO_COLOR"] === undefined;
  let drawn = 0;
  let shownAt = 0;
  let shownVersion = -1;
  let trees = 0;
  /** When the first tree came. @type {number | undefined} */
  let seenAt;
  /** @type {TreeBody | undefined} */
  let latest;
  /** Comes with the build. @type {TerminalTree["renderTree"] | undefined} */
  let renderTree;

  const erase = () => {
    if (drawn > 0) out.write(`\u001B[${drawn}A\u001B[J`);
    drawn = 0;
  };
  const draw = () => {
    if (latest === undefined || renderTree === undefined) return;
    const lines = renderTree(latest, {
      width: out.columns ?? 120,
      height: live ? Math.max(5, (out.rows ?? 24) - 2) : 40,
      color,
      folder,
    });
    out.write(`${lines.join("\n")}\n`);
    drawn = live ? lines.length : 0;
    shownAt = Date.now();
    shownVersion = latest.version;
    trees += 1;
  };
  /** Right at the start positions are not known yet: a tree that stays on the paper waits for them, for a while. */
  const isEarly = (/** @type {TreeBody} */ { tasks }) => {
    seenAt ??= Date.now();
    return (
      Date.now() - seenAt < 2 * PRINT &&
      tasks.some(({ state, location }) => state === "suspended" && location === undefined)
    );
  };
  return {
    /** To be called when the project is built: trees are drawn from then on. */
    async load() {
      const built = pathToFileURL(join(root, "out/terminal-tree.js")).href;
      ({ renderTree } = /** @type {TerminalTree} */ (await import(built)));
    },
    /** How many trees have been shown. */
    shown: () => trees,
    /** @param {TreeBody} body */
    tree(body) {
      // The last look at a program that has gone is empty when it ended well: what stood there says more.
      if (body.tasks.length === 0) return;
      latest = body;
      if (
        live ? Date.now() - shownAt < REDRAW - 20 : Date.now() - shownAt < (trees < MANY ? PRINT : 5 * PRINT)
      )
        return;
      if (!live && (body.version === shownVersion || isEarly(body))) return;
      erase();
      if (!live) out.write("\n");
      draw();
    },
    /** A line of the program or about it. @param {string} text */
    line(text) {
      erase();
      // Not through the terminal's own codes: a cursor movement of the program would tear the tree apart.
      for (const part of stripVTControlCharacters(text).replace(/\n$/, "").split("\n"))
        out.write(`${part}\n`);
      if (live) draw();
    },
    /** Leaves the last tree standing. */
    stop() {
      latest = undefined;
      drawn = 0;
    },
  };
}
