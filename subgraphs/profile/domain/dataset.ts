export type DatasetKind = 'EVENTS' | 'RECORDS';

/** A field of a plain row that holds an identity. */
export interface IdentityField {
  /** Names with dots between them: `personalEmail.address`. */
  readonly path: string;
  readonly namespace: string;
  readonly primary: boolean;
}

/** Labels (5.4) on a field; without a path, on the whole dataset. */
export interface FieldLabels {
  readonly path?: string;
  readonly labels: readonly string[];
}

/** Where items belong, and what holds for them (P-2). */
export interface Dataset {
  readonly kind: DatasetKind;
  /** A JSON Schema that every item must meet. */
  readonly schema?: Readonly<Record<string, unknown>>;
  /** False: its data never shows on a profile. */
  readonly profileEnabled: boolean;
  readonly labels: readonly FieldLabels[];
  readonly retainEventsDays?: number;
  readonly identities: readonly IdentityField[];
  /** True: public keys may write to it. */
  readonly public: boolean;
}

/** Those that are there without configuration. A definition of the same id takes its place. */
export const STANDARD_DATASETS: ReadonlyMap<string, Dataset> = new Map([
  ['web', { kind: 'EVENTS', profileEnabled: true, labels: [], identities: [], public: true }],
  ['crm', { kind: 'RECORDS', profileEnabled: true, labels: [], identities: [], public: false }],
]);
