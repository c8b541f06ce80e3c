/** Groups keys, in order; those without a group are left out. */
export function groupBy(
  keys: readonly string[],
  groupOf: (key: string) => string | undefined,
): Map<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const group = groupOf(key);
    if (group === undefined) continue;
    const known = groups.get(group);
    if (known) known.push(key);
    else groups.set(group, [key]);
  }
  return groups;
}
