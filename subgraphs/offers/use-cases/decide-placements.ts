import { hash } from 'node:crypto';
import { AppError } from '../../../platform/errors';
import type { Metrics } from '../../../platform/metrics';
import type { Candidate } from '../domain/candidates';
import type { Catalogue } from '../domain/catalogue';
import { type Choice, decide, type PlacementOutcome, type PlacementQuestion, type Subject } from '../domain/decide';

/** At most this many offers for one placement (D-5). */
const MOST_OFFERS = 30;
/** At most this many placements in one request. */
const MOST_PLACEMENTS = 100;

/** A choice with the id to report about it. */
export interface Decided extends Choice {
  readonly id: string;
}

/** What is asked, of whom, and in which request: the same request gives the same ids. */
export interface DecisionRequest {
  readonly requestId: string;
  /** Whose decisions these are; empty for a visitor nobody knows. */
  readonly profileId: string;
  readonly placements: readonly PlacementQuestion[];
  readonly allowDuplicates: boolean;
  readonly subject: Subject;
}

export type DecidePlacements = (catalogue: Catalogue, request: DecisionRequest) => readonly Decided[];

/** Decides for each placement in the order asked. Fails with BAD_USER_INPUT for a placement or count that cannot be. */
export function createDecidePlacements(metrics: Metrics): DecidePlacements {
  const countFailures = createFailureCounter(metrics);
  return (catalogue, request) => {
    checkQuestions(request.placements);
    const options = { allowDuplicates: request.allowDuplicates };
    const outcomes = decide(catalogue, request.placements, request.subject, options);
    return outcomes.flatMap((outcome, index) => {
      const known = outcome ?? unknownPlacement(request.placements[index]?.placement ?? '');
      countFailures(known);
      return known.choices.map((choice) => Object.assign(choice, { id: decisionId(request, index, choice) }));
    });
  };
}

/** The refusal of a placement that does not exist. */
export function unknownPlacement(id: string): never {
  throw new AppError('BAD_USER_INPUT', `There is no placement ${id}.`, { details: { placement: id } });
}

function checkQuestions(questions: readonly PlacementQuestion[]): void {
  if (questions.length > MOST_PLACEMENTS) {
    throw limit(
      `At most ${MOST_PLACEMENTS} placements can be asked at once; received ${questions.length}.`,
      'placements',
    );
  }
  for (const { placement, count } of questions) {
    if (count < 1 || count > MOST_OFFERS) {
      throw limit(`A placement shows 1 to ${MOST_OFFERS} offers; ${count} were asked for ${placement}.`, 'count');
    }
  }
}

function limit(message: string, name: string): AppError {
  return new AppError('BAD_USER_INPUT', message, { details: { limit: name } });
}

function decisionId({ requestId, profileId }: DecisionRequest, index: number, { placement, rank }: Choice): string {
  const key = JSON.stringify([requestId, profileId, placement.id, index, rank]);
  return hash('sha256', key, 'base64url').slice(0, 22);
}

function createFailureCounter(metrics: Metrics): (outcome: PlacementOutcome) => void {
  const counter = metrics.counter(
    'attune_offers_formula_failures_total',
    'Ranking formulas that gave no number, so that the priority was used.',
    ['offer'],
  );
  const count = ({ formulaFailed, planned }: Candidate): void => {
    if (formulaFailed) counter.inc({ offer: planned.id });
  };
  return ({ candidates }) => candidates.forEach(count);
}
