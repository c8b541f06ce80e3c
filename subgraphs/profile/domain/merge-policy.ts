import { byPrecedence, type Fragment, type LeafOrder, newestFirst } from './attributes';

/** How the view of a person is made (P-13). */
export interface MergePolicy {
  readonly identityGraph: 'STITCHED' | 'NONE';
  readonly attributes: 'TIMESTAMP' | 'DATASET_PRECEDENCE';
  /** With DATASET_PRECEDENCE: the best first; datasets that are not on it are left out. */
  readonly datasetPrecedence: readonly string[];
  readonly deviceGraph?: string;
  readonly default: boolean;
}

export interface PolicyInUse extends MergePolicy {
  readonly id: string;
}

/** What holds where no policy is the default: everything of the person, the newest wins. */
export const DEFAULT_POLICY: PolicyInUse = {
  id: 'default',
  identityGraph: 'STITCHED',
  attributes: 'TIMESTAMP',
  datasetPrecedence: [],
  default: true,
};

/** Which leaf holds under a policy. */
export function orderOf(policy: MergePolicy): LeafOrder {
  return policy.attributes === 'TIMESTAMP' ? newestFirst : byPrecedence(policy.datasetPrecedence);
}

/** The fragments that a policy looks at. */
export function fragmentsUnder(policy: MergePolicy, fragments: readonly Fragment[]): readonly Fragment[] {
  if (policy.attributes === 'TIMESTAMP') return fragments;
  return fragments.filter(({ dataset }) => policy.datasetPrecedence.includes(dataset));
}
