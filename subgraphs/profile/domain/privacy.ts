import type { PrivacySubject } from '../../../flow/ports';

export type PrivacyJobKind = 'ACCESS' | 'DELETE';

/** What one subgraph found and removed. */
export interface SubgraphReport {
  readonly subgraph: string;
  readonly found: number;
  readonly removed: number;
}

/** Where a privacy job stands. What names the person is in it only while it runs. */
export interface PrivacyState {
  readonly request: PrivacyJobKind;
  readonly reports: readonly SubgraphReport[];
  /** Stand for the identities of the person. */
  readonly hashes: readonly string[];
  readonly subject?: PrivacySubject;
  /** Until then what must still be sent is waited for. */
  readonly patienceUntilMs?: number;
  /** Parts of the document that ACCESS made. */
  readonly parts?: number;
}
