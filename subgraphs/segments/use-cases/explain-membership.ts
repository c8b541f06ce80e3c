import type { IdentityRef, ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import { AppError } from '../../../platform/errors';
import { explainPql, type PqlExplanation } from '../../../platform/pql/explain';
import type { Expression } from '../../../platform/pql/tree';
import { findChangeMs } from '../domain/next-change';
import type { Plan } from '../domain/plan';
import { parseRule } from '../domain/rule';
import { createRuleScope } from '../domain/rule-scope';
import type { ReadMemberships } from './read-memberships';

/** What is to be explained: a segment's rule, or one that is not saved. */
export interface ExplanationRequest {
  readonly sandbox: string;
  readonly identity: IdentityRef;
  readonly segment?: string | undefined;
  readonly rule?: string | undefined;
  readonly atMs: number;
  /** The instant of asking: `atMs` may be another. */
  readonly nowMs: number;
}

export interface Explanation {
  readonly isMember: boolean;
  readonly atMs: number;
  /** When time alone will change it. */
  readonly nextChangeMs: number | undefined;
  readonly tree: PqlExplanation;
}

/** What explaining stands on. */
export interface ExplanationDependencies {
  readonly profiles: ProfileReader;
  readonly read: ReadMemberships;
  readonly plan: (sandbox: string) => Promise<Plan>;
  readonly timeZone: string;
}

/**
 * Why a person is in a segment, or is not (S-13): for members and others alike, at any instant, with what had happened by
 * then. Fails with NOT_FOUND for an unknown person or segment.
 */
export type ExplainMembership = (request: ExplanationRequest) => Promise<Explanation>;

/** Explains over the person's own events. */
export function createExplainMembership(dependencies: ExplanationDependencies): ExplainMembership {
  const { profiles, read, plan: readPlan, timeZone } = dependencies;
  return async ({ sandbox, identity, segment, rule, atMs, nowMs }) => {
    const plan = await readPlan(sandbox);
    const tree = treeOf(plan, segment, rule);
    const found = await findPerson(profiles, sandbox, identity);
    const [standing] = await read(sandbox, [found], atMs);
    const person = atMs < nowMs ? asOf(found, atMs) : found;
    const scopeAt = createRuleScope(person, plan, standing?.evaluated.imports ?? new Map(), timeZone);
    const explained = explainPql(tree, scopeAt(atMs), { timeZone });
    return {
      isMember: explained.truth === true,
      atMs,
      nextChangeMs: findChangeMs({ tree, plan, person, scopeAt, nowMs: atMs, timeZone }),
      tree: explained,
    };
  };
}

/** The person with what had happened by an instant that is past. */
function asOf(person: ProfileSnapshot, atMs: number): ProfileSnapshot {
  return { ...person, events: person.events.filter(({ timestampMs }) => timestampMs <= atMs) };
}

function treeOf(plan: Plan, segmentId: string | undefined, rule: string | undefined): Expression {
  if ((segmentId === undefined) === (rule === undefined)) {
    throw new AppError('BAD_USER_INPUT', 'Name either a segment or a rule.', { details: { path: 'segment' } });
  }
  if (rule !== undefined) return parseRule(rule);
  const segment = plan.segments.get(segmentId ?? '');
  if (!segment || segment.status === 'DELETED') {
    throw new AppError('NOT_FOUND', `There is no segment ${segmentId}.`, { details: { id: segmentId } });
  }
  return parseRule(segment.live?.rule ?? segment.rule);
}

async function findPerson(profiles: ProfileReader, sandbox: string, identity: IdentityRef): Promise<ProfileSnapshot> {
  const found = await profiles.find(sandbox, identity);
  const [person] = found ? await profiles.getMany(sandbox, [found.id], { events: true }) : [];
  if (person) return person;
  throw new AppError('NOT_FOUND', `There is no profile with this identity in ${identity.namespace}.`);
}
