/** Which variables are shown at which lines of a stopped function. Pure: knows neither editor nor program. */

/** Where a variable is mentioned. 0-based; the end is behind it. */
export interface Mention {
  readonly name: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** Lines looked at above the one where the function stands. */
const MOST_LINES = 400;
const WORD = /[\p{ID_Start}$_][\p{ID_Continue}$]*/gu;
/** Heads of blocks that belong to the function around them. */
const BLOCK = /(?:^|[\s})])(?:if|for|while|switch|catch|else|try|do|finally|with)\b[^{}]*$/;
/** Heads of functions and methods. */
const FUNCTION = /(?:\bfunction\b|=>\s*$|\)\s*(?::[^{}=]*)?$)/;

/**
 * The places where the variables of a frame are mentioned, in its function from its head to the line where it stands:
 * the last one of each line, and of each variable on a line one.
 * @param line 0-based line where the frame stands
 */
export function mentions(lines: readonly string[], line: number, names: ReadonlySet<string>): Mention[] {
  const code = lines.slice(0, line + 1).map(withoutTexts);
  const found: Mention[] = [];
  for (let at = functionStart(code, line); at <= line; at++) {
    const seen = new Set<string>();
    for (const match of (code[at] ?? "").matchAll(WORD)) {
      const [name] = match;
      const before = (code[at] ?? "").slice(0, match.index).trimEnd();
      // A member or a key is no variable.
      const isMember = before.endsWith(".") && !before.endsWith("...");
      if (!names.has(name) || seen.has(name) || isMember) continue;
      seen.add(name);
      found.push({ name, line: at, start: match.index, end: match.index + name.length });
    }
  }
  return found;
}

/** The line where the function around a line begins; lines are free of texts and comments. */
function functionStart(code: readonly string[], line: number): number {
  let depth = 0;
  for (let at = line; at >= Math.max(0, line - MOST_LINES); at--) {
    const text = code[at] ?? "";
    for (let i = text.length - 1; i >= 0; i--) {
      if (text[i] === "}") depth++;
      if (text[i] !== "{") continue;
      if (depth > 0) {
        depth--;
        continue;
      }
      const head = text.slice(0, i).trimEnd();
      if (FUNCTION.test(head) && !BLOCK.test(head)) return at;
    }
  }
  return Math.max(0, line - MOST_LINES);
}

/** The line with blanks in place of string contents and of a comment at its end, at the same columns. */
function withoutTexts(line: string): string {
  return line.replace(
    /"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\$]|\\.|\$(?!\{))*`|\/\/.*$|\/\*.*?\*\//g,
    (text) => " ".repeat(text.length),
  );
}
