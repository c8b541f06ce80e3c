import { AppError } from '../errors';

/** The error of a commit that lost: someone else wrote `id` first, or holds its unique fields. */
export function conflictOn(collection: string, id: string, cause?: unknown): AppError {
  return new AppError('CONFLICT', `${collection} ${id} was changed by someone else at the same time.`, {
    details: { collection, id },
    cause,
  });
}

/** The error of any use of a store after its `close`. */
export function storeClosed(): AppError {
  return new AppError('UNAVAILABLE', 'The store is closed.');
}
