import type { PqlScope } from '../../../platform/pql/evaluate';
import type { RuleEvent } from './engine/rule-set';
import type { PolicyViews } from './evaluate-profile';
import type { Evaluated } from './evaluated';
import type { Membership } from './membership';
import type { Plan } from './plan';

type Fields = Readonly<Record<string, unknown>>;

/** What rules that read the request are asked with. */
export interface RequestQuestion {
  readonly standing: { readonly plan: Plan; readonly evaluated: Evaluated };
  /** `null` or absent where its owner could not be asked. */
  readonly facts:
    | {
        readonly attributes?: Fields | null;
        readonly computedAttributes?: Fields | null;
        readonly context?: Fields | null;
      }
    | null
    | undefined;
  readonly nowMs: number;
  readonly requestId: string;
  readonly readEvents: () => Promise<readonly RuleEvent[]>;
  /** The views of the person by the merge policies that these rules are asked on, beside the default one. */
  readonly readViews: (policies: readonly string[]) => Promise<PolicyViews>;
}

/** The segments that hold for this request alone (S-4a), as memberships that began with it. Nothing of it is kept. */
export async function contextualSegments(question: RequestQuestion): Promise<ReadonlyMap<string, Membership>> {
  const { standing, facts, nowMs, requestId } = question;
  const { requestRules } = standing.plan;
  const held = new Map<string, Membership>();
  if (requestRules.length === 0) return held;
  const { memberships } = standing.evaluated;
  const scope: PqlScope = {
    profile: { ...facts?.attributes, computedAttributes: facts?.computedAttributes ?? {} },
    events: requestRules.some(({ readsEvents }) => readsEvents) ? await question.readEvents() : [],
    context: facts?.context ?? {},
    nowMs,
    inSegment: (id) => held.has(id) || memberships.get(id)?.status === 'REALIZED',
  };
  const views = await question.readViews([...new Set(requestRules.flatMap(({ view }) => view ?? []))]);
  const scopesOf = (view: string): readonly PqlScope[] =>
    (views.get(view) ?? []).map(({ attributes, computedAttributes, events }) => ({
      ...scope,
      profile: { ...attributes, computedAttributes },
      events,
    }));
  const cause = { kind: 'EVENT', reference: `request:${requestId}` } as const;
  for (const { id, version, view, holds } of requestRules) {
    const scopes = view === undefined ? [scope] : scopesOf(view);
    if (scopes.some(holds)) held.set(id, { status: 'REALIZED', atMs: nowMs, version, cause });
  }
  return held;
}
