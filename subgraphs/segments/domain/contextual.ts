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
  const { plan, evaluated } = standing;
  const { rules } = plan;
  if (rules.contextual.length === 0 || !evaluated.state) return new Map();
  const events = plan.contextReadsEvents ? await question.readEvents() : [];
  const person = {
    attributes: facts?.attributes ?? {},
    computedAttributes: facts?.computedAttributes ?? {},
    events,
  };
  const held = rules.evaluateContextual(person, evaluated.state, facts?.context ?? {}, nowMs);
  const cause = { kind: 'EVENT', reference: `request:${requestId}` } as const;
  return new Map(
    held.map((id) => [id, { status: 'REALIZED', atMs: nowMs, version: plan.versionOf(id), cause }] as const),
  );
}
