/** The `limit` entries with the highest count, the largest first; equal ones in the order in which they were met. */
export function largest<T extends { readonly count: number }>(list: readonly T[], limit: number): T[] {
  const top: T[] = [];
  for (let i = 0; i < list.length; i++) {
    const entry = list[i]!;
    if (top.length === limit && (limit === 0 || top[limit - 1]!.count >= entry.count)) continue;
    let at = top.length < limit ? top.length : limit - 1;
    for (; at > 0 && top[at - 1]!.count < entry.count; at--) top[at] = top[at - 1]!;
    top[at] = entry;
  }
  return top;
}
