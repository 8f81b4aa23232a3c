/** Names packages below node_modules that are rewritten as well, with commas between; `*` for all. */
export const INCLUDE_VARIABLE = "ASYNCSCOPE_INCLUDE";

/** Whether a file is the program's own (or one that was asked for), so that it is rewritten. */
export function isChosen(path: string, environment: NodeJS.ProcessEnv): boolean {
  const parts = path.split(/[\\/]node_modules[\\/]/);
  if (parts.length === 1) return true;
  const asked = environment[INCLUDE_VARIABLE];
  if (asked === undefined || asked === "") return false;
  // That of the innermost node_modules folder: where a package keeps others, those are not it.
  const inside = parts[parts.length - 1]!.replaceAll("\\", "/");
  return asked
    .split(",")
    .some((name) => name === "*" || (name !== "" && inside.startsWith(`${name.trim()}/`)));
}
