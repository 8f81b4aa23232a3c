/** What a load hook of Node's may give as a source. */
export type LoadedSource = string | ArrayBuffer | NodeJS.TypedArray | null | undefined;

/** The text of a source, undefined for none. */
export function textOf(source: LoadedSource): string | undefined {
  if (typeof source === "string") return source;
  if (source === null || source === undefined) return undefined;
  return ArrayBuffer.isView(source)
    ? Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString("utf8")
    : Buffer.from(source).toString("utf8");
}
