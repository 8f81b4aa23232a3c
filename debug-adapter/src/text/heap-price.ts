/** What reading the heap of a program costs it, in words and in patience. */

/** A snapshot takes the time it takes; one that takes this much longer than estimated is given up. */
const PATIENCE = 20;
const LEAST_PATIENCE_MS = 60_000;

/** @param pause how long it stands still, in words. @param price its heap and what it needs meanwhile, bytes. */
export function priceText(
  pause: string,
  { heap, size }: { readonly heap: number; readonly size: number },
): string {
  return `the program stands still for about ${pause} (its heap has ${megabytes(heap)}) and needs about ${megabytes(size)} more memory meanwhile`;
}

/** How long to wait for a snapshot that was estimated to take `pause`. Milliseconds. */
export function patienceFor(pause: number): number {
  return Math.max(LEAST_PATIENCE_MS, pause * PATIENCE);
}

function megabytes(bytes: number): string {
  return `${Math.max(1, Math.round(bytes / 1024 / 1024)).toLocaleString("en-US")} MB`;
}
