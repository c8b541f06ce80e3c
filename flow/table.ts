import type { FlowEventName } from './events';

export type SubgraphName = 'profile' | 'segments' | 'offers' | 'destinations';

/** Who reacts to what, and what comes of it. Handlers are typed from this table; a test proves that it has no cycle. */
export const flowTable = {
  ProfileChanged: { to: ['segments'], yields: ['MembershipChanged'] },
  MembershipChanged: { to: ['destinations'], yields: [] },
} as const satisfies Record<
  FlowEventName,
  { readonly to: readonly SubgraphName[]; readonly yields: readonly FlowEventName[] }
>;
