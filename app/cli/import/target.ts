/** What became of one item. */
export interface ItemAnswer {
  readonly id?: string | undefined;
  readonly status: 'ACCEPTED' | 'DUPLICATE' | 'REJECTED';
  readonly code?: string | undefined;
  readonly path?: string | undefined;
  readonly message?: string | undefined;
}

/** Where an import goes: a running server, or Attune in the same process. */
export interface ImportTarget {
  /** Says where it goes, for messages and for the checkpoint: an import begun to one target is not resumed to another. */
  readonly name: string;
  /** Takes items in; one answer each, in their order, once they are durable. Fails as a whole when nothing is known of them. */
  ingest(dataset: string, items: readonly unknown[]): Promise<readonly ItemAnswer[]>;
  close(): Promise<void>;
}
