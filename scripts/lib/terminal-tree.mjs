/** @typedef {import("../../protocol/src/index.js").TreeBody} TreeBody */
/** @typedef {import("../../protocol/src/index.js").TaskNode} TaskNode */

const MARKS = {
  created: "○",
  scheduled: "◔",
  running: "▶",
  suspended: "◌",
  done: "✔",
  failed: "✖",
  cancelled: "⊘",
};
const COLORS = {
  created: 90,
  scheduled: 36,
  running: 32,
  suspended: 33,
  done: 90,
  failed: 31,
  cancelled: 35,
};

/**
 * The task tree as lines of text.
 * @param {TreeBody} body
 * @param {{ width: number, height: number, color: boolean, folder?: string }} options `height`: at most so many
 *   lines; the last one says what was cut. Paths are shown relative to `folder`.
 * @returns {string[]}
 */
export function renderTree(body, { width, height, color, folder }) {
  const tasks = new Map(body.tasks.map((task) => [task.id, task]));
  const pages = new Map(body.pages.map((page) => [page.task, page]));
  /** @type {string[]} */
  const lines = [];
  const seen = new Set();
  /** @param {number} parent @param {string} indent */
  const children = (parent, indent) => {
    const page = pages.get(parent);
    if (page === undefined) return;
    const missing = page.total - page.offset - page.children.length;
    page.children.forEach((id, index) => {
      const task = tasks.get(id);
      // In the order by await a task may stand in several places, and in a cycle: shown once.
      if (task === undefined || seen.has(id)) return;
      seen.add(id);
      const last = index === page.children.length - 1 && missing <= 0;
      const branch = parent === 0 ? "" : last ? "└─ " : "├─ ";
      lines.push(taskLine(task, indent + branch, body.now, { width, color, folder }));
      children(id, parent === 0 ? "" : indent + (last ? "   " : "│  "));
    });
    if (missing > 0) lines.push(`${indent}└─ … ${missing} more`);
  };
  children(0, "");
  const head = summary(body);
  if (lines.length + 1 <= height) return [head, ...lines];
  const kept = lines.slice(0, Math.max(0, height - 2));
  return [head, ...kept, `… ${lines.length - kept.length} more lines (the editor shows all)`];
}

/** @param {TreeBody} body */
function summary(body) {
  const counts = Object.entries(body.counts)
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`);
  const parts = [`Tasks: ${counts.join(", ") || "none"}`];
  if (body.status === "paused" || body.status === "blocked") parts.push(`the program is ${body.status}`);
  if (body.hidden > 0) parts.push(`${body.hidden} not shown`);
  if (body.message) parts.push(clean(body.message));
  return parts.join(" · ");
}

/**
 * @param {TaskNode} task @param {string} indent @param {number} now
 * @param {{ width: number, color: boolean, folder?: string | undefined }} options
 */
function taskLine(task, indent, now, { width, color, folder }) {
  const waits = task.waits.map((wait) => clean(wait.label)).join(" + ");
  const state = task.state === "suspended" ? (waits ? `waits for ${waits}` : "suspended") : task.state;
  const place = task.location ? `${relativePath(task.location.path, folder)}:${task.location.line}` : "";
  const detail = [state, duration(now - task.since), place, task.error ? clean(task.error) : ""]
    .filter((part) => part !== "")
    .join("  ");
  const left = `${indent}${MARKS[task.state]} ${clean(task.name)}`;
  const text = [...`${left}  ${detail}`].slice(0, Math.max(20, width - 1)).join("");
  if (!color) return text;
  return (
    text.slice(0, indent.length) +
    `\u001B[${COLORS[task.state]}m${text.slice(indent.length, left.length)}\u001B[0m` +
    `\u001B[90m${text.slice(left.length)}\u001B[0m`
  );
}

/** @param {string} path @param {string | undefined} folder */
function relativePath(path, folder) {
  return clean(folder !== undefined && path.startsWith(`${folder}/`) ? path.slice(folder.length + 1) : path);
}

/** Names are the program's: nothing in them may steer the terminal. @param {string} text */
function clean(text) {
  return text.replace(/[\u0000-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g, "�");
}

/** @param {number} milliseconds */
function duration(milliseconds) {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
