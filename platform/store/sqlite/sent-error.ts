import { AppError, type ErrorCode } from '../../errors';

/** An error as it goes from thread to thread: of an AppError all but its cause, of any other what it says. */
export type SentError =
  | {
      readonly code: ErrorCode;
      readonly message: string;
      readonly retryable: boolean;
      readonly details: Readonly<Record<string, unknown>>;
    }
  | { readonly code?: undefined; readonly message: string; readonly stack?: string | undefined };

export function toSentError(error: unknown): SentError {
  if (error instanceof AppError) {
    const { code, message, retryable, details } = error;
    return { code, message, retryable, details };
  }
  return error instanceof Error ? { message: error.message, stack: error.stack } : { message: String(error) };
}

export function fromSentError(sent: SentError): Error {
  if (sent.code !== undefined) return new AppError(sent.code, sent.message, sent);
  return Object.assign(new Error(sent.message), sent.stack === undefined ? {} : { stack: sent.stack });
}
