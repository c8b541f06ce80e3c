import type { ProfileReader } from '../../../flow/ports';
import { AppError } from '../../../platform/errors';
import type { PolicyViews } from '../domain/evaluate-profile';
import type { Plan } from '../domain/plan';
import { SHIPPED_POLICY, viewUnder } from '../domain/policy-view';

/** No views: of rules that are all asked on the default one. */
export const NO_VIEWS: PolicyViews = new Map();

/** The merge policies, beside the default one, whose views these segments are asked on. */
export function policiesOf(segmentIds: readonly string[], plan: Pick<Plan, 'viewOf'>): readonly string[] {
  return [...new Set(segmentIds.flatMap((id) => plan.viewOf(id) ?? []))];
}

/** The views of people by some merge policies. In the order of the people. */
export async function readViews(
  profiles: ProfileReader,
  sandbox: string,
  policies: readonly string[],
  profileIds: readonly string[],
): Promise<readonly PolicyViews[]> {
  if (policies.length === 0 || profileIds.length === 0) return profileIds.map(() => NO_VIEWS);
  const found = await Promise.all(policies.map((policy) => profiles.views?.(sandbox, policy, profileIds)));
  return profileIds.map((_, index) => new Map(policies.map((policy, at) => [policy, found[at]?.[index] ?? []])));
}

/** The merge policy that is the default one. */
export async function findDefaultPolicy(profiles: Pick<ProfileReader, 'policies'>, sandbox: string): Promise<string> {
  return (await profiles.policies?.(sandbox))?.default ?? SHIPPED_POLICY;
}

/**
 * The view that a rule of `mergePolicy` is asked on; `undefined`: the default one. Fails with BAD_USER_INPUT where there
 * is no such policy.
 */
export async function getView(
  profiles: Pick<ProfileReader, 'policies'>,
  sandbox: string,
  mergePolicy: string | undefined,
): Promise<string | undefined> {
  if (mergePolicy === undefined) return undefined;
  const { ids = [], default: shown = SHIPPED_POLICY } = (await profiles.policies?.(sandbox)) ?? {};
  if (mergePolicy === shown || ids.includes(mergePolicy)) return viewUnder(mergePolicy, shown);
  throw new AppError('BAD_USER_INPUT', `mergePolicy: there is no merge policy ${mergePolicy}.`, {
    details: { path: 'mergePolicy' },
  });
}
