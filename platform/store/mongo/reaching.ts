import {
  MongoBulkWriteError,
  MongoClientClosedError,
  MongoError,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerSelectionError,
} from 'mongodb';
import { AppError, isAppError } from '../../errors';
import { LostPlace } from './log-places';

const AWAY = [MongoNetworkError, MongoServerSelectionError, MongoNotConnectedError, MongoClientClosedError] as const;
const INTERRUPTED = 11601;

/** True when the server was not found, or the connection to it broke. */
export function isAway(error: unknown): boolean {
  const own = unwrap(error);
  return AWAY.some((kind) => own instanceof kind);
}

/** True when the same may succeed in a moment: it lost against another transaction, or the connection broke. */
export function isTransient(error: unknown): boolean {
  if (error instanceof LostPlace) return true;
  const own = unwrap(error);
  if (!(own instanceof MongoError)) return false;
  if (isAway(own)) return own instanceof MongoNetworkError;
  const isInterrupted = own.code === INTERRUPTED;
  return isInterrupted || own.hasErrorLabel('TransientTransactionError') || own.hasErrorLabel('RetryableWriteError');
}

/** What callers see of a driver's error: UNAVAILABLE when the database is to blame, else the error itself. */
export function toAppError(error: unknown): unknown {
  if (isAppError(error)) return error;
  return isAway(error) || isTransient(error) ? unavailable(error) : error;
}

/** The error of a database that does not serve just now. What was to be written may be there or not. */
export function unavailable(cause: unknown): AppError {
  return new AppError('UNAVAILABLE', 'The database cannot be reached, or is too busy.', { cause });
}

/** The result of `work`; fails with UNAVAILABLE when the database cannot be reached. */
export async function reaching<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toAppError(error);
  }
}

// A bulk write that could not be sent at all wraps what kept it from that.
function unwrap(error: unknown): unknown {
  const inner: unknown = error instanceof MongoBulkWriteError ? error.errorResponse : undefined;
  return inner instanceof MongoError ? inner : error;
}
