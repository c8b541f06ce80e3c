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
  /** What it was ranked by; absent when it was left out before. */
  readonly score: number | undefined;
  /** Its formula gave no number, and its priority was used. */
  readonly formulaFailed: boolean;
  /** True when not everyone is eligible: by the offer's own eligibility, or by that of its criterion. */
  readonly restricted: boolean;
  readonly content: CompiledContent | undefined;
}

/** The offers chosen, best first, and every candidate with its outcome. */
export interface Selection {
  readonly chosen: readonly Candidate[];
  readonly candidates: readonly Candidate[];
  /** How many offers could have been chosen. */
  readonly fitting: number;
}

export interface SelectionRequest {
  readonly count: number;
  readonly language?: string | undefined;
  /** Ids of offers that were used earlier in the request. */
  readonly used?: ReadonlySet<string> | undefined;
  /** True to look at every group, also those whose offers cannot be shown any more. */
  readonly exhaustive?: boolean;
}

/** A candidate in the making: one object per offer, as decisions are on the hot path. */
interface Draft {
  readonly planned: PlannedOffer;
  /** `NOT_ELIGIBLE` with content: open, until a criterion that holds has it. */
  outcome: CandidateOutcome;
  readonly content: CompiledContent | undefined;
  /** The group that it was ranked in. */
  group: number | undefined;
  score: number | undefined;
  formulaFailed: boolean;
  restricted: boolean;
}

/** Chooses by D-3: criteria of one group ranked together, the next group only fills what is missing. */
export function select(plan: Plan, scope: DecisionScope, request: SelectionRequest): Selection {
  const drafts = new Array<Draft | undefined>(plan.size);
  const ranked: Draft[] = [];
  for (let group = 0; group < plan.groups.length; group += 1) {
    if (ranked.length >= request.count && !request.exhaustive) break;
    const found: Draft[] = [];
    for (const criterion of plan.groups[group] ?? []) gather(criterion, group, scope, request, drafts, found);
    found.sort(compareDrafts);
    ranked.push(...found);
  }
  ranked.forEach((draft, rank) => {
    draft.outcome = rank < request.count ? 'CHOSEN' : 'RANKED_LOWER';
  });
  const chosen = ranked.slice(0, request.count);
  const fitting = ranked.length;
  for (const draft of drafts) if (draft && draft.group === undefined) ranked.push(draft);
  return { chosen, candidates: ranked, fitting };
}

function gather(
  { condition, scoring, offers }: PlannedCriterion,
  group: number,
  scope: DecisionScope,
  request: SelectionRequest,
  drafts: (Draft | undefined)[],
  found: Draft[],
): void {
  const holds = condition?.(scope) ?? true;
  for (const planned of offers) {
    const draft = drafts[planned.order] ?? assess(planned, scope, request);
    drafts[planned.order] = draft;
    const isOpen = draft.outcome === 'NOT_ELIGIBLE' && draft.content !== undefined;
    if (!holds || !isOpen || (draft.group !== undefined && draft.group !== group)) continue;
    const { score, failed } = scoring(planned, scope);
    if (draft.group === undefined) found.push(draft);
    else if (draft.score !== undefined && draft.score >= score) continue;
    draft.group = group;
    draft.score = score;
    draft.formulaFailed = failed;
    draft.restricted = condition !== undefined || planned.condition !== undefined;
  }
}

function compareDrafts(a: Draft, b: Draft): number {
  return (b.score ?? 0) - (a.score ?? 0) || a.planned.order - b.planned.order;
}

function assess(planned: PlannedOffer, scope: DecisionScope, { language, used }: SelectionRequest): Draft {
  const { id, offer, contents, condition } = planned;
  if (offer.status !== 'APPROVED') return draftOf(planned, 'NOT_APPROVED');
  if (!isOpenAt(offer, scope.nowMs)) return draftOf(planned, 'OUTSIDE_DATES');
  const content = contentFor(contents, language);
  if (!content) return draftOf(planned, 'NO_REPRESENTATION');
  if (condition && !condition(scope)) return draftOf(planned, 'NOT_ELIGIBLE');
  return used?.has(id) ? draftOf(planned, 'DUPLICATE') : draftOf(planned, 'NOT_ELIGIBLE', content);
}

/** With content: open, to be ranked by the criteria that hold. */
function draftOf(planned: PlannedOffer, outcome: CandidateOutcome, content?: CompiledContent): Draft {
  return { planned, outcome, content, group: undefined, score: undefined, formulaFailed: false, restricted: false };
}

/** True from the start on, and before the end. */
export function isOpenAt(dates: { readonly startMs?: number; readonly endMs?: number }, nowMs: number): boolean {
  return (dates.startMs === undefined || dates.startMs <= nowMs) && (dates.endMs === undefined || nowMs < dates.endMs);
}
