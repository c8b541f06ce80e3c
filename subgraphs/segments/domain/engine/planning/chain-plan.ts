import { findAnchor } from '../../../../../platform/pql/evaluation/chain';
import { toTimeTest } from '../../../../../platform/pql/time/holds';
import type { Span } from '../../../../../platform/pql/time/span';
import type { Chain, ChainStep, Expression, TimeCondition } from '../../../../../platform/pql/tree';
import { type EventFilter, isTimestamp, type Planning, toEventFilter, windowOf, withCondition } from './event-filter';
import type { ChainStepSpec } from './leaf';
import { Unkeepable } from './unkeepable';
import { intersectWindows, toFixed, toWindow } from './window';

/** The steps of a chain over events. Fails when one asks for more than an event and its time. */
export function toChainSteps(chain: Chain, planning: Planning): readonly ChainStepSpec[] {
  const filter = toEventFilter(chain.events, planning);
  if (!filter) throw new Unkeepable('A chain over something else than events', chain.events);
  if (!isTimestamp(chain.timestamp))
    throw new Unkeepable('A chain by another time than the timestamp', chain.timestamp);
  return chain.steps.map((step, index) => toStep(step, chain.steps.slice(0, index), filter, planning));
}

function toStep(step: ChainStep, before: readonly ChainStep[], filter: EventFilter, planning: Planning): ChainStepSpec {
  const { conditions, windows } = withCondition(filter, step.what, planning);
  const spec = {
    series: { conditions },
    negated: step.negated === true,
    n: step.count?.n ?? 1,
    exactly: step.count?.exactly ?? false,
    window: windowOf({ conditions, windows }),
    windowed: step.when !== undefined,
  };
  const { when } = step;
  if (!when) return spec;
  if (referencesOf(when).some((node) => findAnchor(node, before) >= 0)) {
    return { ...spec, anchored: toAnchored(when, before, planning) };
  }
  const own = toWindow(when, planning.calendar);
  if (!own) throw new Unkeepable('A WHEN that is no window of time', step.what);
  return { ...spec, window: intersectWindows([...windows.map(({ window }) => window), own]) };
}

function referencesOf(when: TimeCondition): readonly Expression[] {
  return when.kind === 'between' ? [when.low, when.high] : [when.reference];
}

function toAnchored(
  when: TimeCondition,
  before: readonly ChainStep[],
  { calendar }: Planning,
): NonNullable<ChainStepSpec['anchored']> {
  const references = referencesOf(when).map((node): number | Span => {
    const anchor = findAnchor(node, before);
    if (anchor >= 0) return anchor;
    const fixed = toFixed(node, calendar);
    if (!fixed) throw new Unkeepable('A window between a step and something that moves', node);
    return fixed;
  });
  return { test: toTimeTest(when, calendar), references };
}
