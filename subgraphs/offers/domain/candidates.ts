import { contentFor, type Plan, type PlannedCriterion, type PlannedOffer } from './catalogue';
import type { DecisionScope } from './eligibility';
import type { CompiledContent } from './tokens';

/** How it ended for one offer of a policy. */
export type CandidateOutcome =
  | 'CHOSEN'
  | 'RANKED_LOWER'
  | 'NOT_APPROVED'
  | 'OUTSIDE_DATES'
  | 'NO_REPRESENTATION'
  | 'NOT_ELIGIBLE'
  | 'CAPPED'
  | 'DUPLICATE';

/** One offer that a policy considered, with what came of it. */
export interface Candidate {
  readonly planned: PlannedOffer;
  readonly outcome: CandidateOutcome;
  readonly score?: number;
  /** Its formula gave no number, and its priority was used. */
  readonly formulaFailed?: boolean;
  /** True when not everyone is eligible: by the offer's own eligibility, or by that of its criterion. */
  readonly restricted?: boolean;
  readonly content?: CompiledContent;
}

/** The offers chosen, best first, and every candidate with its outcome. */
export interface Selection {
  readonly chosen: readonly Candidate[];
  readonly candidates: readonly Candidate[];
}

export interface SelectionRequest {
  readonly count: number;
  readonly language?: string | undefined;
  /** Ids of offers that were used earlier in the request. */
  readonly used?: ReadonlySet<string> | undefined;
  /** True to look at every group, also those whose offers cannot be shown any more. */
  readonly exhaustive?: boolean;
}

interface Open {
  readonly content: CompiledContent;
}

interface Scored {
  readonly planned: PlannedOffer;
  readonly content: CompiledContent;
  score: number;
  formulaFailed: boolean;
  restricted: boolean;
}

/** Chooses by D-3: criteria of one group ranked together, the next group only fills what is missing. */
export function select(plan: Plan, scope: DecisionScope, request: SelectionRequest): Selection {
  const assessed = new Array<Open | CandidateOutcome | undefined>(plan.size);
  const taken = new Array<boolean>(plan.size).fill(false);
  const planned = new Array<PlannedOffer | undefined>(plan.size);
  const ranked: Scored[] = [];
  const assess = (offer: PlannedOffer): Open | CandidateOutcome => {
    planned[offer.order] = offer;
    const known = assessed[offer.order] ?? assessOffer(offer, scope, request);
    assessed[offer.order] = known;
    return known;
  };
  for (const criteria of plan.groups) {
    if (ranked.length >= request.count && !request.exhaustive) break;
    const group = rankGroup(criteria, scope, assess, taken);
    for (const scored of group) taken[scored.planned.order] = true;
    ranked.push(...group);
  }
  const candidates = ranked.map(toCandidate(request.count));
  const chosen = candidates.slice(0, request.count);
  planned.forEach((offer, order) => {
    if (offer && !taken[order]) candidates.push({ planned: offer, outcome: leftOut(assessed[order]) });
  });
  return { chosen, candidates };
}

function rankGroup(
  criteria: readonly PlannedCriterion[],
  scope: DecisionScope,
  assess: (offer: PlannedOffer) => Open | CandidateOutcome,
  taken: readonly boolean[],
): readonly Scored[] {
  const best = new Map<number, Scored>();
  for (const { condition, scoring, offers } of criteria) {
    const holds = condition?.(scope) ?? true;
    for (const planned of offers) {
      const open = assess(planned);
      if (!holds || typeof open === 'string' || taken[planned.order]) continue;
      const { score, failed } = scoring(planned, scope);
      const known = best.get(planned.order);
      if (known && known.score >= score) continue;
      const restricted = condition !== undefined || planned.condition !== undefined;
      best.set(planned.order, { planned, content: open.content, score, formulaFailed: failed, restricted });
    }
  }
  return [...best.values()].sort((a, b) => b.score - a.score || a.planned.order - b.planned.order);
}

function assessOffer(
  { id, offer, contents, condition }: PlannedOffer,
  scope: DecisionScope,
  { language, used }: SelectionRequest,
): Open | CandidateOutcome {
  if (offer.status !== 'APPROVED') return 'NOT_APPROVED';
  if (!isOpenAt(offer, scope.nowMs)) return 'OUTSIDE_DATES';
  const content = contentFor(contents, language);
  if (!content) return 'NO_REPRESENTATION';
  if (condition && !condition(scope)) return 'NOT_ELIGIBLE';
  return used?.has(id) ? 'DUPLICATE' : { content };
}

/** True from the start on, and before the end. */
export function isOpenAt(dates: { readonly startMs?: number; readonly endMs?: number }, nowMs: number): boolean {
  return (dates.startMs === undefined || dates.startMs <= nowMs) && (dates.endMs === undefined || nowMs < dates.endMs);
}

function toCandidate(count: number): (scored: Scored, rank: number) => Candidate {
  return (scored, rank) => ({ ...scored, outcome: rank < count ? 'CHOSEN' : 'RANKED_LOWER' });
}

function leftOut(assessed: Open | CandidateOutcome | undefined): CandidateOutcome {
  return typeof assessed === 'string' ? assessed : 'NOT_ELIGIBLE';
}
