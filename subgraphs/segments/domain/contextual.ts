import type { PqlScope } from '../../../platform/pql/evaluate';
import type { RuleEvent } from './engine/rule-set';
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
  const cause = { kind: 'EVENT', reference: `request:${requestId}` } as const;
  for (const { id, version, holds } of requestRules) {
    if (holds(scope)) held.set(id, { status: 'REALIZED', atMs: nowMs, version, cause });
  }
  return held;
}
