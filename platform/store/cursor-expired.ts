import { AppError, isAppError } from '../errors';

/** The error of a read from before what the log still keeps: the entries after `keptAfter`. */
export function cursorExpired(stream: string, after: number, keptAfter: number): AppError {
  return new AppError('BAD_USER_INPUT', `Entries of ${stream} after position ${after} are no longer kept.`, {
    details: { reason: 'CURSOR_EXPIRED', keptAfter },
  });
}

/** True for the error of `cursorExpired`. */
export function isCursorExpired(error: unknown): boolean {
  return isAppError(error) && error.details.reason === 'CURSOR_EXPIRED';
}
