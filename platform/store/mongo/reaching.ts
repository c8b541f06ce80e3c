import { MongoError, MongoNetworkError, MongoNotConnectedError, MongoServerSelectionError } from 'mongodb';
import { AppError, isAppError } from '../../errors';

/** True when no server was found within the time for it. */
export function isUnreachable(error: unknown): boolean {
  return error instanceof MongoServerSelectionError;
}

/** True when the same may succeed in a moment: it lost against another transaction, or the primary moved. */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof MongoError)) return false;
  return error.hasErrorLabel('TransientTransactionError') || error.hasErrorLabel('RetryableWriteError');
}

/** What callers see of a driver's error: UNAVAILABLE when the database is to blame, else the error itself. */
export function toAppError(error: unknown): unknown {
  if (isAppError(error) || !(error instanceof MongoError)) return error;
  const isAway = isUnreachable(error) || error instanceof MongoNetworkError || error instanceof MongoNotConnectedError;
  if (!isAway && !isTransient(error)) return error;
  return new AppError('UNAVAILABLE', 'The database cannot be reached, or is too busy.', { cause: error });
}

/** The result of `work`; fails with UNAVAILABLE when the database cannot be reached. */
export async function reaching<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toAppError(error);
  }
}
