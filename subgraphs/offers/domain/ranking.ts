import { compilePql } from '../../../platform/pql/evaluate';
import { parsePql } from '../../../platform/pql/parse';
import type { Criterion, Offer } from './definitions';
import type { DecisionScope } from './eligibility';

/** An offer's score under one criterion. `failed`: its formula gave no number, and the score is its priority. */
export interface Score {
  readonly score: number;
  readonly failed: boolean;
}

export type Scoring = (offer: RankedOffer, scope: DecisionScope) => Score;

/** An offer as scoring sees it. */
export interface RankedOffer {
  /** By priority: made once, shared. */
  readonly byPriority: Score;
  /** What a formula reads under `offer`. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** What a ranking needs of an offer. */
export function toRankedOffer(id: string, offer: Offer): RankedOffer {
  const { name, priority, tags, characteristics } = offer;
  return { byPriority: { score: priority, failed: false }, facts: { id, name, priority, tags, characteristics } };
}

/** How a criterion scores (D-4): by priority, or by its formula with the priority where that gives no finite number. */
export function compileScoring(criterion: Criterion, timeZone: string): Scoring {
  const parsed = criterion.ranking === 'FORMULA' ? parsePql(criterion.formula ?? '') : undefined;
  if (!parsed?.ok) return (offer) => offer.byPriority;
  const evaluate = compilePql(parsed.tree, { timeZone });
  return (offer, scope) => {
    const value = evaluate({ ...scope, offer: offer.facts });
    if (typeof value === 'number' && Number.isFinite(value)) return { score: value, failed: false };
    return { score: offer.byPriority.score, failed: true };
  };
}

/** The order of ties (D-4): the higher priority, the newest start (none is the oldest), the id. */
export function compareTies(a: { id: string; offer: Offer }, b: { id: string; offer: Offer }): number {
  if (a.offer.priority !== b.offer.priority) return b.offer.priority - a.offer.priority;
  const startA = a.offer.startMs ?? Number.NEGATIVE_INFINITY;
  const startB = b.offer.startMs ?? Number.NEGATIVE_INFINITY;
  if (startA !== startB) return startA > startB ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
