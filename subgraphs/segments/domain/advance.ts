import type { Cause, ProfileChanged } from '../../../flow/events';
import { findComputedUntil } from './computed';
import type { Flip, Person } from './engine/rule-set';
import { type Evaluated, findDueMs, type Imports, isCurrent, NEVER, nextExpiryMs } from './evaluated';
import type { Plan } from './plan';
import { followedBy, type Step, stay, toStep } from './step';

const NOBODY: Person = { attributes: {}, events: [] };

/** A profile with its first change: what holds for it then, also what holds for everyone, comes of that change. */
export function beginAnew(change: ProfileChanged, plan: Plan): Step {
  const { fingerprint, sinceMs, rules } = plan;
  const { revision, atMs } = change;
  const state = rules.hydrate(NOBODY, atMs);
  const causes = new Map(rules.apply(state, change, atMs).map(({ segmentId, cause }) => [segmentId, cause]));
  const flips = rules.realized(state).map((segmentId): Flip => {
    return { segmentId, status: 'REALIZED', atMs, cause: causes.get(segmentId) ?? change.cause };
  });
  const computedUntilMs = findComputedUntil(state, change, atMs, plan.rules);
  const begun = { ...NEVER, revision, fingerprint, planSinceMs: sinceMs, state, computedUntilMs };
  return toStep(begun, flips, () => `r${revision}`, plan);
}

/** The next change of a profile whose state is current and has reached the change's instant. */
export function applyChange(evaluated: Evaluated, change: ProfileChanged, plan: Plan): Step {
  const { revision, atMs, computedAttributes } = change;
  const { state } = evaluated;
  if (!state) return stay(evaluated);
  const flips = plan.rules.apply(state, change, atMs);
  const computedUntilMs = computedAttributes
    ? findComputedUntil(state, change, atMs, plan.rules)
    : untilBeside(change, evaluated.computedUntilMs, plan);
  return toStep({ ...evaluated, revision, computedUntilMs }, flips, () => `r${revision}`, plan);
}

// Where rules weigh computed attributes against other things, the instant at which they turn may have moved.
function untilBeside({ atMs }: ProfileChanged, untilMs: number | undefined, { rules }: Plan): number | undefined {
  return untilMs !== undefined && rules.weighsComputed ? Math.min(untilMs, atMs) : untilMs;
}

/** What time alone moves up to `nowMs`, each at its own instant. The state must be current. */
export function advance(evaluated: Evaluated, nowMs: number, plan: Plan): Step {
  if ((findDueMs(evaluated, plan) ?? Number.POSITIVE_INFINITY) > nowMs) return stay(evaluated);
  const expiryMs = nextExpiryMs(evaluated.imports);
  if (expiryMs > nowMs) return advanceRules(evaluated, nowMs, plan);
  const expired = followedBy(advanceRules(evaluated, expiryMs, plan), (at) => expireImports(at, expiryMs, plan));
  return followedBy(expired, (at) => advance(at, nowMs, plan));
}

/** Brings the audiences that the profile is in to `imports`; what ends or begins with that flips at `atMs`. */
export function receiveImports(
  evaluated: Evaluated,
  imports: Imports,
  causeOf: (audience: string) => Cause,
  atMs: number,
  origin: string,
  plan: Plan,
): Step {
  const { state, imports: before } = evaluated;
  if (!state || !isCurrent(evaluated, plan) || isSame(before, imports)) return stay(evaluated);
  const moved = (id: string, isMember: boolean): readonly Flip[] => {
    const cause = causeOf(id);
    const flip: Flip = { segmentId: id, status: isMember ? 'REALIZED' : 'EXITED', atMs, cause };
    return [flip, ...plan.rules.setGiven(state, id, isMember, atMs, cause)];
  };
  const flips = [
    ...[...before.keys()].filter((id) => !imports.has(id)).flatMap((id) => moved(id, false)),
    ...[...imports.keys()].filter((id) => !before.has(id)).flatMap((id) => moved(id, true)),
  ];
  return toStep({ ...evaluated, imports }, flips, () => origin, plan);
}

function advanceRules(evaluated: Evaluated, nowMs: number, plan: Plan): Step {
  const { state } = evaluated;
  if (!state) return stay(evaluated);
  return toStep(evaluated, plan.rules.advance(state, nowMs), ({ atMs }) => `t${atMs}`, plan);
}

function expireImports(evaluated: Evaluated, atMs: number, plan: Plan): Step {
  const left = new Map([...evaluated.imports].filter(([, untilMs]) => untilMs > atMs));
  const cause = { kind: 'EXPIRY', reference: new Date(atMs).toISOString() } as const;
  return receiveImports(evaluated, left, () => cause, atMs, `x${atMs}`, plan);
}

function isSame(a: Imports, b: Imports): boolean {
  return a.size === b.size && [...a].every(([id, untilMs]) => b.get(id) === untilMs);
}
