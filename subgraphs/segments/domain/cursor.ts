import { AppError } from '../../../platform/errors';

/** A position in every partition of the log, as one opaque word. */
export function encodeCursor(positions: readonly number[]): string {
  return Buffer.from(`1.${positions.map((position) => position.toString(36)).join('.')}`).toString('base64url');
}

/**
 * The positions that `cursor` names.
 * @param partitions how many the log has; a cursor of another log is refused with BAD_USER_INPUT, reason CURSOR_INVALID
 */
export function decodeCursor(cursor: string, partitions: number): readonly number[] {
  const [format, ...parts] = Buffer.from(cursor, 'base64url').toString('latin1').split('.');
  const isSound = format === '1' && parts.length === partitions && parts.every((part) => /^[0-9a-z]{1,11}$/.test(part));
  if (!isSound) {
    throw new AppError('BAD_USER_INPUT', `"${cursor.slice(0, 200)}" is not a cursor that was given out.`, {
      details: { reason: 'CURSOR_INVALID' },
    });
  }
  return parts.map((part) => Number.parseInt(part, 36));
}
