import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { AppError, type ErrorCode, isAppError } from '../platform/errors';
import type { Ids } from '../platform/ids';
import type { Log } from '../platform/log';
import type { AnswerError } from './execution/answer';

/** Turns whatever was thrown into what a caller may see. The one place where codes become `extensions.code`. */
export type FormatError = (error: unknown) => AnswerError;

const CODES: ReadonlySet<unknown> = new Set<ErrorCode>([
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'LIMIT_EXCEEDED',
  'UNAVAILABLE',
  'INTERNAL_SERVER_ERROR',
]);

/** What is no AppError and no fault of the caller's is masked, with an id that is also in the log. */
export function createFormatError({ log, ids }: { readonly log: Log; readonly ids: Ids }): FormatError {
  return (error) => {
    if (isAppError(error)) return fromAppError(error);
    if (isFormatted(error)) return fromWire(error);
    if (!(error instanceof GraphQLError)) return mask(error);
    const { message, path, locations, extensions } = error;
    const at = { ...(locations && { locations }), ...(path && { path }) };
    const origin = originOf(error);
    if (isAppError(origin)) return { ...fromAppError(origin), ...at };
    if (CODES.has(extensions?.code)) return { message, ...at, extensions: extensions as AnswerError['extensions'] };
    if (isRefusal(error, origin)) return { message, ...at, extensions: { code: 'BAD_USER_INPUT' } };
    return { ...mask(origin), ...at };
  };

  function mask(error: unknown): AnswerError {
    const errorId = ids.next();
    log.error({ errorId, err: error }, 'An unexpected error was masked.');
    return {
      message: `Something went wrong inside. The log knows it as ${errorId}.`,
      extensions: { code: 'INTERNAL_SERVER_ERROR', errorId },
    };
  }
}

/** The error beneath the layers that GraphQL puts around it. */
function originOf(error: GraphQLError): unknown {
  let origin: Error = error;
  while (origin instanceof GraphQLError && origin.originalError) origin = origin.originalError;
  return origin;
}

/** True when GraphQL itself refuses the caller's document, or a value in it: that is never located at a field at first. */
function isRefusal(error: GraphQLError, origin: unknown): boolean {
  if (error.path === undefined) return origin instanceof GraphQLError;
  return origin !== error && origin instanceof GraphQLError && origin.nodes !== undefined;
}

function fromAppError({ message, code, details }: AppError): AnswerError {
  return { message, extensions: { ...details, code } };
}

/** An error that went over the wire already is in its form: only a missing code is added. */
function fromWire({ message, path, extensions }: GraphQLFormattedError): AnswerError {
  const code = extensions?.code ?? 'INTERNAL_SERVER_ERROR';
  return { message, ...(path && { path }), extensions: { ...extensions, code } as AnswerError['extensions'] };
}

function isFormatted(error: unknown): error is GraphQLFormattedError {
  return !(error instanceof Error) && typeof (error as GraphQLFormattedError | null)?.message === 'string';
}
