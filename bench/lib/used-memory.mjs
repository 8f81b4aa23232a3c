/** Bytes in use after a full collection; needs `--expose-gc`. */
export function usedMemory() {
  if (globalThis.gc === undefined) throw new Error("Run node with --expose-gc");
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
