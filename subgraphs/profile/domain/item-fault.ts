/** Why an item is refused, for programs. */
export type FaultCode =
  | 'MALFORMED'
  | 'INVALID_ID'
  | 'INVALID_TIMESTAMP'
  | 'NO_IDENTITY'
  | 'INVALID_IDENTITY'
  | 'UNKNOWN_NAMESPACE'
  | 'SCHEMA'
  | 'LIMIT_EXCEEDED'
  | 'PROOF_REQUIRED'
  | 'FORBIDDEN'
  | 'CONSENT_DENIED'
  | 'DELETED'
  | 'BATCH_NOT_OPEN';

/** What is wrong with one item: a code, where in the item, and a sentence. Its neighbours go on. */
export class ItemFault extends Error {
  override readonly name = 'ItemFault';

  constructor(
    readonly code: FaultCode,
    readonly path: string,
    message: string,
  ) {
    super(message);
  }
}

/** The fault of a breach of a limit (P-4). */
export function limitFault(limit: string, path: string, allowed: number, received: string): ItemFault {
  return new ItemFault('LIMIT_EXCEEDED', path, `The limit ${limit} is ${allowed}; received ${received}.`);
}

/** Why items of a deleted person are refused. */
export function deletedFault(): ItemFault {
  return new ItemFault('DELETED', '', 'The person was deleted after the time of this item.');
}
