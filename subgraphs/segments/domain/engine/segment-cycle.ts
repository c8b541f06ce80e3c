import { inspectPql } from '../../../../platform/pql/inspect';
import type { Expression } from '../../../../platform/pql/tree';

/** A rule as far as its references to others go. */
export interface ReferringRule {
  readonly id: string;
  readonly tree: Expression;
}

/** The ids around a cycle of `inSegment`, its first again at the end; `undefined` when there is none. */
export function findSegmentCycle(rules: Iterable<ReferringRule>): readonly string[] | undefined {
  const references = new Map([...rules].map(({ id, tree }) => [id, inspectPql(tree).segments]));
  const done = new Set<string>();
  for (const id of references.keys()) {
    const cycle = findCycleFrom(id, references, [], done);
    if (cycle) return cycle;
  }
  return undefined;
}

function findCycleFrom(
  id: string,
  references: ReadonlyMap<string, readonly string[]>,
  path: readonly string[],
  done: Set<string>,
): readonly string[] | undefined {
  const start = path.indexOf(id);
  if (start >= 0) return [...path.slice(start), id];
  if (done.has(id)) return undefined;
  for (const next of references.get(id) ?? []) {
    const cycle = findCycleFrom(next, references, [...path, id], done);
    if (cycle) return cycle;
  }
  done.add(id);
  return undefined;
}

/** The rules with those that they ask for before them. Rules of a cycle come in the order given. */
export function inOrderOfReference<T extends ReferringRule>(rules: readonly T[]): readonly T[] {
  const byId = new Map(rules.map((rule) => [rule.id, rule]));
  const ordered = new Set<T>();
  const visit = (rule: T, around: ReadonlySet<T>): void => {
    if (ordered.has(rule) || around.has(rule)) return;
    for (const id of inspectPql(rule.tree).segments) {
      const other = byId.get(id);
      if (other) visit(other, new Set([...around, rule]));
    }
    ordered.add(rule);
  };
  for (const rule of rules) visit(rule, new Set());
  return [...ordered];
}
