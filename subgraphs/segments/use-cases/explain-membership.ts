import type { IdentityRef, ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import { AppError } from '../../../platform/errors';
import { explainPql, type PqlExplanation } from '../../../platform/pql/explain';
import type { Expression } from '../../../platform/pql/tree';
import { findChangeMs } from '../domain/next-change';
import type { Plan } from '../domain/plan';
import { parseRule, segmentsOfRule } from '../domain/rule';
import { createRuleScope } from '../domain/rule-scope';
import { noSegment } from '../domain/segment-checks';
import type { ReadMemberships } from './read-memberships';
import { getView, NO_VIEWS, readViews } from './read-views';

/** What is to be explained: a segment's rule, or one that is not saved. */
export interface ExplanationRequest {
  readonly sandbox: string;
  readonly identity: IdentityRef;
  readonly segment?: string | undefined;
  readonly rule?: string | undefined;
  /** The merge policy whose view the rule is asked on; absent: the default one. A segment has its own. */
  readonly mergePolicy?: string | undefined;
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
  return async (request) => {
    const { sandbox, identity, atMs, nowMs } = request;
    const plan = await readPlan(sandbox);
    const { tree, mergePolicy } = ruleOf(plan, request);
    const view = await getView(profiles, sandbox, mergePolicy);
    const { id, shown: found } = await findPerson(profiles, sandbox, identity);
    const [standing] = await read(sandbox, [found], atMs);
    const asOf = (person: ProfileSnapshot): ProfileSnapshot => (atMs < nowMs ? upTo(person, atMs) : person);
    const [views = NO_VIEWS] = await readViews(profiles, sandbox, policiesAskedBy(tree, view, plan), [id]);
    const viewsBy = (policy: string | undefined): readonly ProfileSnapshot[] =>
      (policy === undefined ? [found] : (views.get(policy) ?? [])).map(asOf);
    const explanations = inOrderFor(identity, viewsBy(view)).map((person): Explanation => {
      const imports = standing?.evaluated.imports ?? new Map();
      const scopeAt = createRuleScope({ person, viewsBy, imports }, plan, timeZone);
      const explained = explainPql(tree, scopeAt(atMs), { timeZone });
      const nextChangeMs = findChangeMs({ tree, plan, view, person, scopeAt, nowMs: atMs, timeZone });
      return { isMember: explained.truth === true, atMs, nextChangeMs, tree: explained };
    });
    // Where a policy joins no identities, one of them that is in it is enough.
    const explanation = explanations.find(({ isMember }) => isMember) ?? explanations[0];
    if (explanation) return explanation;
    throw new AppError('NOT_FOUND', `There is no view of this person by the merge policy ${mergePolicy}.`);
  };
}

interface FoundPerson {
  readonly id: string;
  /** Where the default merge policy joins no identities: what the one that was asked by knows by itself. */
  readonly shown: ProfileSnapshot;
}

/** The views of the person with that identity first. */
function inOrderFor(identity: IdentityRef, views: readonly ProfileSnapshot[]): readonly ProfileSnapshot[] {
  const isOf = ({ identities }: ProfileSnapshot): boolean =>
    identities.some(({ namespace, value }) => namespace === identity.namespace && value === identity.value);
  return [...views.filter(isOf), ...views.filter((view) => !isOf(view))];
}

/** The merge policies whose views the rule is asked on, and whatever it asks for; the default one is not among them. */
function policiesAskedBy(tree: Expression, view: string | undefined, { segments, viewOf }: Plan): readonly string[] {
  const found = new Set<string>(view === undefined ? [] : [view]);
  const seen = new Set<string>();
  const visit = (rule: Expression): void => {
    for (const id of segmentsOfRule(rule)) {
      const { live, external } = segments.get(id) ?? {};
      if (!live || external || seen.has(id)) continue;
      seen.add(id);
      const own = viewOf(id);
      if (own !== undefined) found.add(own);
      visit(parseRule(live.rule));
    }
  };
  visit(tree);
  return [...found];
}

/** The person with what had happened by an instant that is past. */
function upTo(person: ProfileSnapshot, atMs: number): ProfileSnapshot {
  return { ...person, events: person.events.filter(({ timestampMs }) => timestampMs <= atMs) };
}

function ruleOf(
  plan: Plan,
  { segment: segmentId, rule, mergePolicy }: ExplanationRequest,
): { readonly tree: Expression; readonly mergePolicy: string | undefined } {
  if ((segmentId === undefined) === (rule === undefined)) {
    throw new AppError('BAD_USER_INPUT', 'Name either a segment or a rule.', { details: { path: 'segment' } });
  }
  if (rule !== undefined) return { tree: parseRule(rule), mergePolicy };
  const segment = plan.segments.get(segmentId ?? '');
  if (!segment || segment.status === 'DELETED') {
    throw noSegment(segmentId);
  }
  const asked = segment.live ?? segment;
  return { tree: parseRule(asked.rule), mergePolicy: asked.mergePolicy };
}

/** The person, as who asks by this identity is shown them. */
async function findPerson(profiles: ProfileReader, sandbox: string, identity: IdentityRef): Promise<FoundPerson> {
  const found = await profiles.find(sandbox, identity);
  const [person] = found ? await profiles.getMany(sandbox, [found.id], { events: true }) : [];
  if (!person) throw new AppError('NOT_FOUND', `There is no profile with this identity in ${identity.namespace}.`);
  const { default: shown = '', isApart } = (await profiles.policies?.(sandbox)) ?? {};
  const [views] = isApart ? await readViews(profiles, sandbox, [shown], [person.id]) : [];
  const [key] = (isApart && (await profiles.keysOf?.(sandbox, [identity]))) || [];
  const isOf = ({ identities }: ProfileSnapshot): boolean =>
    identities.some((own) => `${own.namespace}|${own.value}` === key);
  return { id: person.id, shown: views?.get(shown)?.find(isOf) ?? person };
}
