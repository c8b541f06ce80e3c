import type { ProfileSnapshot } from '../../../flow/ports';
import type { PqlInspection } from '../../../platform/pql/inspect';
import type { Expression } from '../../../platform/pql/tree';
import { findComputedUntil } from './computed';
import { createRuleSet, type RuleSetOptions } from './engine/rule-set';

const NEVER = Number.POSITIVE_INFINITY;
const NONE: ReadonlySet<string> = new Set();

/** A published rule that is kept, with what it reads. */
export interface ScreenedRule {
  readonly id: string;
  readonly version: number;
  readonly tree: Expression;
  readonly reads: PqlInspection;
  readonly view: string | undefined;
}

/** What a screening found of one person. */
export interface Screened {
  readonly realized: ReadonlySet<string>;
  /** When time alone may move the rules next; `undefined` for never. */
  readonly dueMs: number | undefined;
}

/**
 * Some rules by themselves: they find whom they move without all the others, and without reading more of a person than
 * they ask for. What they find is not told by it, but by the evaluation of those whom they move.
 */
export interface Screening {
  readonly segmentIds: readonly string[];
  readonly readsEvents: boolean;
  readonly readsComputed: boolean;
  /** True when they ask for segments that are none of theirs. */
  readonly asksOthers: boolean;
  screen(person: ProfileSnapshot, nowMs: number): Screened;
}

/**
 * A screening by the rules `ids`; `undefined` when they can only be asked with all the rest: they need a scan, or ask for
 * audiences from elsewhere.
 */
export function createScreening(
  ids: readonly string[],
  ruleOf: (id: string) => ScreenedRule | undefined,
  isAudience: (id: string) => boolean,
  options: RuleSetOptions,
): Screening | undefined {
  const asked = new Map<string, ScreenedRule>();
  const add = (id: string): boolean => {
    if (isAudience(id)) return false;
    const rule = ruleOf(id);
    if (!rule || asked.has(id)) return true;
    asked.set(id, rule);
    return rule.reads.segments.every(add);
  };
  if (!ids.every(add)) return undefined;
  const all = [...asked.values()];
  const rules = createRuleSet(all, options);
  if (rules.general.length > 0) return undefined;
  const wanted = new Set(ids);
  const reading = {
    readsEvents: all.some(({ reads }) => reads.readsEvents),
    readsComputed: all.some(({ reads }) => readsComputed(reads)),
    asksOthers: all.some(({ id }) => !wanted.has(id)),
  };
  return {
    segmentIds: ids,
    ...reading,
    screen(person, nowMs) {
      const state = rules.hydrate(person, nowMs);
      const held = ids.filter((id) => rules.isRealized(state, id));
      const realized = held.length > 0 ? new Set(held) : NONE;
      const ofComputed = reading.readsComputed ? findComputedUntil(state, person, nowMs, rules) : undefined;
      const dueMs = Math.min(rules.nextDueMs(state) ?? NEVER, ofComputed ?? NEVER);
      return { realized, dueMs: dueMs === NEVER ? undefined : dueMs };
    },
  };
}

/** True when a rule reads computed attributes. */
export function readsComputed({ fields }: PqlInspection): boolean {
  return fields.some(({ path }) => path.startsWith('computedAttributes'));
}
