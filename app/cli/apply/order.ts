import { type Item, nameOf } from './items';
import { KIND_NAMES } from './kinds';

/** Sorts items so that what is referred to comes first: by kind, and segments by who asks `inSegment` of whom. */
export function orderItems(items: readonly Item[]): readonly Item[] {
  const byKind = KIND_NAMES.map((name) => items.filter((item) => nameOf(item) === name));
  return byKind.flatMap((ofKind) => (ofKind[0] && nameOf(ofKind[0]) === 'Segment' ? orderSegments(ofKind) : ofKind));
}

function orderSegments(segments: readonly Item[]): readonly Item[] {
  const byId = new Map(segments.map((segment) => [segment.id, segment]));
  const ordered = new Set<Item>();
  const onTheWay = new Set<Item>();
  const visit = (segment: Item): void => {
    // A cycle is left as it stands: the server refuses it, and says so better.
    if (ordered.has(segment) || onTheWay.has(segment)) return;
    onTheWay.add(segment);
    for (const id of segmentsIn(String(segment.input.rule))) {
      const needed = byId.get(id);
      if (needed) visit(needed);
    }
    ordered.add(segment);
  };
  segments.forEach(visit);
  return [...ordered];
}

function segmentsIn(rule: string): readonly string[] {
  return [...rule.matchAll(/\binSegment\s*\(\s*(["'])(.*?)\1\s*\)/gi)].map(([, , id]) => id ?? '');
}
