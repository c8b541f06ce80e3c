import { AppError } from '../../errors';

const INPUT_OUTPUT = 10;
const FULL = 13;

/** UNAVAILABLE where the disk is to blame: it is full, or does not read or write. Any other error as it is. */
export function toAppError(error: unknown): unknown {
  const code = ((error as { errcode?: number } | undefined)?.errcode ?? 0) & 0xff;
  if (code !== INPUT_OUTPUT && code !== FULL) return error;
  const what = code === FULL ? 'The disk of the data folder is full.' : 'The disk of the data folder does not answer.';
  return new AppError('UNAVAILABLE', what, { cause: error });
}
