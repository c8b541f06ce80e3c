import type { Candidate, CandidateOutcome } from './candidates';

const LEFT_OUT: Readonly<Record<CandidateOutcome, string>> = {
  CHOSEN: 'shown',
  RANKED_LOWER: 'ranked lower',
  NOT_APPROVED: 'not approved',
  OUTSIDE_DATES: 'outside their dates',
  NO_REPRESENTATION: 'without content for this placement and language',
  NOT_ELIGIBLE: 'not for this person',
  CAPPED: 'at their cap',
  DUPLICATE: 'already shown on this page',
};

/** One sentence on why this offer is shown: its rank, among how many, and for whom it is. */
export function explainChoice(candidate: Candidate, rank: number, fitting: number): string {
  const { planned, score, formulaFailed, restricted } = candidate;
  const among = fitting === 1 ? 'the only offer that fits' : `${ordinal(rank)} of ${fitting} offers that fit`;
  const whom = restricted ? 'the person meets its conditions' : 'it is open to everyone';
  const failed = formulaFailed ? '; its formula gave no number, so its priority was used' : '';
  return `"${planned.offer.name}" is ${among}, with a score of ${score}; ${whom}${failed}.`;
}

/** The first half of a sentence on why no offer is shown: how many were left out for which reason. */
export function explainFallback(candidates: readonly Candidate[], language: string | undefined): string {
  if (candidates.length === 0) return 'The decision policy has no offers';
  const counts = new Map<CandidateOutcome, number>();
  for (const { outcome } of candidates) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const parts = [...counts].map(([outcome, count]) => `${count} ${LEFT_OUT[outcome]}`);
  const asked = language ? ` in "${language}"` : '';
  return `None of ${candidates.length} offers fits${asked} (${parts.join(', ')})`;
}

/** A sentence about one candidate, for a person who asks why. */
export function explainCandidate({ planned, outcome, score, formulaFailed }: Candidate): string {
  const { name, status } = planned.offer;
  const failed = formulaFailed ? ' Its formula gave no number, so its priority was used.' : '';
  switch (outcome) {
    case 'CHOSEN':
      return `"${name}" is shown, with a score of ${score}.${failed}`;
    case 'RANKED_LOWER':
      return `"${name}" fits, but others rank higher than its score of ${score}.${failed}`;
    case 'NOT_APPROVED':
      return `"${name}" is ${status.toLowerCase()}, not approved.`;
    case 'OUTSIDE_DATES':
      return `"${name}" is outside its dates.`;
    case 'NO_REPRESENTATION':
      return `"${name}" has no content for this placement and language.`;
    case 'NOT_ELIGIBLE':
      return `The person does not meet the conditions of "${name}" or of its criterion.`;
    case 'CAPPED':
      return `"${name}" has reached its cap.`;
    case 'DUPLICATE':
      return `"${name}" is already shown on another placement of this request.`;
  }
}

const ORDINALS = ['the best', 'second', 'third', 'fourth', 'fifth'] as const;

function ordinal(rank: number): string {
  return ORDINALS[rank] ?? `number ${rank + 1}`;
}
