import type { IdentityRef, PrivacySubject } from '../../../flow/ports';

export type PrivacyJobKind = 'ACCESS' | 'DELETE';

/** What one subgraph found and removed. */
export interface SubgraphReport {
  readonly subgraph: string;
  readonly found: number;
  readonly removed: number;
  /** What else it tells. */
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Where a privacy job stands. What names the person is in it only while it runs. */
export interface PrivacyState {
  readonly request: PrivacyJobKind;
  readonly reports: readonly SubgraphReport[];
  /** Stand for the identities of the person. */
  readonly hashes: readonly string[];
  /** By which the person was asked for. */
  readonly asked?: IdentityRef;
  /** Whom it names; absent until that was found out. */
  readonly subject?: PrivacySubject;
  /** When the person was removed from this subgraph. */
  readonly removedAtMs?: number;
  /** True when all processes were told to let go of what they have in memory. */
  readonly told?: true;
  /** True when nothing is left but what the engine keeps of what was deleted. */
  readonly closed?: true;
}

/** The report with what was found later. */
export function withLater(report: SubgraphReport, count: number): SubgraphReport {
  return { ...report, found: report.found + count, removed: report.removed + count };
}
