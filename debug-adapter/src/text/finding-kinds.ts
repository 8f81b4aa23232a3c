import type { FindingKind } from "@asyncscope/protocol";

/** Whether a finding says of waits that they cannot end, or hardly. */
export function isAboutWaits({ kind }: { readonly kind: FindingKind }): boolean {
  return (
    kind === "wait-cycle" ||
    kind === "leaked-lock" ||
    kind === "missing-task-done" ||
    kind === "nothing-can-wake"
  );
}
