import { type Candidate, isOpenAt, type SelectionRequest, select } from './candidates';
import { type Catalogue, contentFor, type Plan, type PlannedPlacement } from './catalogue';
import type { DecisionScope } from './eligibility';
import { explainChoice, explainFallback } from './explain';

/** Why a decision came out as it did (D-11). */
export type DecisionReason =
  | 'TARGETING_MATCH'
  | 'SPLIT'
  | 'DEFAULT'
  | 'FALLBACK'
  | 'CAPPED'
  | 'HOLDOUT'
  | 'MUTUALLY_EXCLUDED'
  | 'CONSENT_DENIED'
  | 'DISABLED'
  | 'ERROR';

/** What is known of the person. A part is `undefined` when its owner could not be asked. */
export interface Subject {
  /** Attributes, with `computedAttributes` beside them. */
  readonly profile: Readonly<Record<string, unknown>> | undefined;
  /** The ids of the segments that the person is in. */
  readonly segments: readonly string[] | undefined;
  /** Facts of the request. */
  readonly context: Readonly<Record<string, unknown>>;
  /** False when the person denied it. */
  readonly mayPersonalize: boolean;
  readonly nowMs: number;
}

/** What is asked for one placement. */
export interface PlacementQuestion {
  readonly placement: string;
  readonly count: number;
  readonly language?: string | undefined;
}

/** One thing to show: an offer, the fallback, or nothing but the reason. */
export interface Choice {
  readonly placement: PlannedPlacement;
  /** Its place among the choices for this placement: 0 is first. */
  readonly rank: number;
  readonly policy?: string | undefined;
  readonly shown?: { readonly kind: 'offer' | 'fallback'; readonly id: string } | undefined;
  readonly content?: unknown;
  readonly score?: number | undefined;
  readonly reason: DecisionReason;
  readonly explanation: string;
  /** When it could change by itself, where that is known. */
  readonly validUntilMs?: number | undefined;
}

/** The choices for one placement, and every candidate with its outcome. */
export interface PlacementOutcome {
  readonly choices: readonly Choice[];
  readonly candidates: readonly Candidate[];
}

/** Fills the placements in the order asked (D-5). `undefined` in place of a placement that does not exist. */
export function decide(
  catalogue: Catalogue,
  questions: readonly PlacementQuestion[],
  subject: Subject,
  options: { readonly allowDuplicates?: boolean; readonly exhaustive?: boolean } = {},
): readonly (PlacementOutcome | undefined)[] {
  const scope = toScope(subject);
  const used = options.allowDuplicates ? undefined : new Set<string>();
  return questions.map((question) => {
    const placement = catalogue.placements.get(question.placement);
    if (!placement) return undefined;
    const request = { ...question, used, exhaustive: options.exhaustive ?? false };
    const outcome = decidePlacement(placement, subject, scope, request);
    for (const { shown } of outcome.choices) if (shown?.kind === 'offer') used?.add(shown.id);
    return outcome;
  });
}

function decidePlacement(
  placement: PlannedPlacement,
  subject: Subject,
  scope: DecisionScope,
  request: SelectionRequest,
): PlacementOutcome {
  const plan = placement.plans.find(({ policy }) => policy.enabled && isOpenAt(policy, subject.nowMs));
  const obstacle = obstacleTo(placement, plan, subject);
  if (obstacle)
    return { choices: [standIn(placement, plan ?? placement.plans[0], scope, request, obstacle)], candidates: [] };
  if (!plan) return { choices: [nothingSet(placement)], candidates: [] };
  const { chosen, candidates, fitting } = select(plan, scope, request);
  if (chosen.length === 0) {
    const because = { reason: 'FALLBACK', why: explainFallback(candidates, request.language) } as const;
    return { choices: [standIn(placement, plan, scope, request, because)], candidates };
  }
  const validUntilMs = plan.turns?.find((turn) => turn > subject.nowMs);
  const choices = chosen.map((candidate, rank) =>
    toChoice(placement, plan.id, candidate, rank, fitting, validUntilMs, scope),
  );
  return { choices, candidates };
}

interface Obstacle {
  readonly reason: DecisionReason;
  readonly why: string;
}

function obstacleTo(placement: PlannedPlacement, plan: Plan | undefined, subject: Subject): Obstacle | undefined {
  if (placement.plans.length === 0) return undefined;
  if (!plan) {
    return placement.plans.some(({ policy }) => policy.enabled)
      ? { reason: 'FALLBACK', why: "The placement's decision policy is outside its dates" }
      : { reason: 'DISABLED', why: "The placement's decision policy is switched off" };
  }
  if (!subject.mayPersonalize) return { reason: 'CONSENT_DENIED', why: 'The person denied personalization' };
  if (!subject.profile) return { reason: 'FALLBACK', why: 'The profile was not available' };
  if (!subject.segments) return { reason: 'FALLBACK', why: 'Segments were not available' };
  return undefined;
}

function toChoice(
  placement: PlannedPlacement,
  policy: string,
  candidate: Candidate,
  rank: number,
  fitting: number,
  validUntilMs: number | undefined,
  scope: DecisionScope,
): Choice {
  return {
    placement,
    rank,
    policy,
    shown: { kind: 'offer', id: candidate.planned.id },
    content: candidate.content?.(valuesOf(scope)),
    score: candidate.score,
    reason: candidate.restricted ? 'TARGETING_MATCH' : 'DEFAULT',
    explanation: explainChoice(candidate, rank, fitting),
    validUntilMs,
  };
}

function standIn(
  placement: PlannedPlacement,
  plan: Plan | undefined,
  scope: DecisionScope,
  { language }: SelectionRequest,
  { reason, why }: Obstacle,
): Choice {
  const fallback = plan?.fallback;
  const content = fallback && contentFor(fallback.contents, language);
  const shown = fallback && ({ kind: 'fallback', id: fallback.id } as const);
  const then = content
    ? `so the fallback "${fallback.offer.name}" is shown.`
    : 'and there is no fallback with content for it, so the default of the page stands.';
  return {
    placement,
    rank: 0,
    policy: plan?.id,
    shown,
    content: content?.(valuesOf(scope)),
    reason,
    explanation: `${why}, ${then}`,
  };
}

function nothingSet(placement: PlannedPlacement): Choice {
  const explanation = `No decision policy is set for ${placement.placement.name}, so the default of the page stands.`;
  return { placement, rank: 0, reason: 'DEFAULT', explanation };
}

const NOBODY: Readonly<Record<string, unknown>> = {};

/** Above this many segments a set is quicker than a walk. */
const WALKED = 12;

function toScope({ profile, segments = [], context, mayPersonalize, nowMs }: Subject): DecisionScope {
  let set: ReadonlySet<string> | undefined;
  const inSegment = (id: string): boolean => {
    if (segments.length <= WALKED) return segments.includes(id);
    set ??= new Set(segments);
    return set.has(id);
  };
  return { profile: (mayPersonalize && profile) || NOBODY, context, nowMs, inSegment };
}

function valuesOf({ profile, context = NOBODY }: DecisionScope) {
  return { profile, context };
}
