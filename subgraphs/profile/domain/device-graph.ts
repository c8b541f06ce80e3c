import type { GraphLink } from './identity-graph';

/** A named provider's links between devices, which merge policies may follow (S-19). */
export interface DeviceGraph {
  readonly name: string;
  readonly provider: string;
  /** For how long a link holds that does not say. */
  readonly validDays: number;
  /** Under which its links are kept: another one when a graph of the same id begins anew. */
  readonly linksId: string;
}

export interface DeviceGraphInUse extends DeviceGraph {
  readonly id: string;
}

/** For how many days a link holds, unless the graph says otherwise. */
export const LINK_DAYS = 30;

/** That a provider says that two identities are one person's; `item` is the import that said so last. */
export interface DeviceLink extends GraphLink {
  /** From then on it does not count. */
  readonly untilMs: number;
}

/** Why a link of a device graph is not followed. */
export type LinkRefusal = 'UNIQUE_NAMESPACE' | 'LIMIT';

/** A link of a device graph with an end among those it joins, followed or not. */
export interface ShownDeviceLink extends DeviceLink {
  readonly refusal?: LinkRefusal;
}
