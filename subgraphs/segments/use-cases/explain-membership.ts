import type { IdentityRef, ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import { AppError } from '../../../platform/errors';
import { compilePql, isTrue, type PqlScope } from '../../../platform/pql/evaluate';
import { explainPql, type PqlExplanation } from '../../../platform/pql/explain';
import { findNextChangeMs } from '../../../platform/pql/next-change';
import type { Expression } from '../../../platform/pql/tree';
import type { Plan } from '../domain/plan';
import { parseRule } from '../domain/rule';
import type { ReadMemberships, Standing } from './read-memberships';

/** What is to be explained: a segment's rule, or one that is not saved. */
export interface ExplanationRequest {
  readonly sandbox: string;
  readonly identity: IdentityRef;
  readonly segment?: string | undefined;
  readonly rule?: string | undefined;
  readonly atMs: number;
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
  return async ({ sandbox, identity, segment, rule, atMs }) => {
    const plan = await readPlan(sandbox);
    const tree = treeOf(plan, segment, rule);
    const person = await findPerson(profiles, sandbox, identity);
    const [standing] = await read(sandbox, [person], atMs);
    const scope = toScope(person, atMs, plan, standing, timeZone);
    const explained = explainPql(tree, scope, { timeZone });
    return {
      isMember: isTrue(explained.value),
      atMs,
      nextChangeMs: findNextChangeMs(tree, scope, { timeZone }),
      tree: explained,
    };
  };
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

function toScope(
  { attributes, computedAttributes, events }: ProfileSnapshot,
  atMs: number,
  plan: Plan,
  standing: Standing | undefined,
  timeZone: string,
): PqlScope {
  const answers = new Map<string, boolean>();
  const inSegment = (id: string): boolean => {
    const known = answers.get(id);
    if (known !== undefined) return known;
    answers.set(id, false);
    const live = plan.segments.get(id)?.live;
    const answer =
      live === undefined
        ? standing?.evaluated.memberships.get(id)?.status === 'REALIZED'
        : isTrue(compilePql(parseRule(live.rule), { timeZone })(scope));
    answers.set(id, answer);
    return answer;
  };
  const scope: PqlScope = {
    profile: { ...attributes, computedAttributes },
    events: events.filter(({ timestampMs }) => timestampMs <= atMs),
    context: {},
    nowMs: atMs,
    inSegment,
  };
  return scope;
}
