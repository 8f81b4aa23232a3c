/** What is being typed at the end of a text: `user.na` completes `na` among the properties of `user`. */
export function completionTarget(text: string): {
  /** The expression before the dot, or undefined when a plain name is typed. */
  readonly object: string | undefined;
  readonly prefix: string;
  /** 0-based offset of the prefix. */
  readonly start: number;
} {
  const prefix = /[\p{ID_Continue}$]*$/u.exec(text)?.[0] ?? "";
  const start = text.length - prefix.length;
  const before = text.slice(0, start);
  if (!/\??\.$/.test(before)) return { object: undefined, prefix, start };
  // Only names, dots and simple indexes: completing must not call anything.
  const object =
    /((?:[\p{ID_Start}$_][\p{ID_Continue}$]*|\])(?:\??\.[\p{ID_Start}$_#][\p{ID_Continue}$]*|\[(?:\d+|'[^']*'|"[^"]*")\])*)\??\.$/u.exec(
      before,
    )?.[1];
  return { object: object?.startsWith("]") === true ? undefined : object, prefix, start };
}
