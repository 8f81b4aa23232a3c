/** The source of a regular expression for a path glob: `*`, `**`, `?`, `{a,b}`. Separators are `/`. */
export function globPattern(glob: string): string {
  let out = "";
  for (let i = 0; i < glob.length; i++) {
    const c = glob[i]!;
    if (c === "*") {
      if (glob[i + 1] === "*") {
        i++;
        if (glob[i + 1] === "/") {
          i++;
          out += "(?:.*/)?";
        } else out += ".*";
      } else out += "[^/]*";
    } else if (c === "?") out += "[^/]";
    else if (c === "{") out += "(?:";
    else if (c === "}") out += ")";
    else if (c === "," && out.lastIndexOf("(?:") > out.lastIndexOf(")")) out += "|";
    else out += c.replace(/[\\^$+.()|[\]]/g, "\\$&");
  }
  return out;
}

/** Globs of files to pass over while stepping; a leading `!` takes files out again, the last match decides. */
export class SkipList {
  readonly #rules: { readonly skip: boolean; readonly pattern: RegExp }[] = [];
  readonly skipsInternals: boolean;

  constructor(globs: readonly string[], root: string) {
    let internals = true;
    for (const entry of globs) {
      const skip = !entry.startsWith("!");
      const glob = skip ? entry : entry.slice(1);
      if (glob.startsWith("<node_internals>")) {
        internals = skip;
        continue;
      }
      const absolute = /^(\/|\*\*|[a-z]:)/i.test(glob) ? glob : `${root}/${glob.replace(/^\.\//, "")}`;
      this.#rules.push({ skip, pattern: new RegExp(`^${globPattern(absolute.replaceAll("\\", "/"))}$`) });
    }
    this.skipsInternals = internals;
  }

  /** @param path an absolute path */
  skips(path: string): boolean {
    const name = path.replaceAll("\\", "/");
    let skipped = false;
    for (const { skip, pattern } of this.#rules) if (pattern.test(name)) skipped = skip;
    return skipped;
  }
}
