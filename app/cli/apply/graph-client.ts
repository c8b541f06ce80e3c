import type { ExecutionResult, GraphQLError } from 'graphql';
import { request } from 'undici';
import { AppError } from '../../../platform/errors';

/** Asks the graph, with the key already given. */
export type Ask = (query: string, variables?: Readonly<Record<string, unknown>>) => Promise<ExecutionResult>;

/** Asks a running server over HTTP. Fails with UNAVAILABLE when it cannot be reached. */
export function createHttpAsk(url: string, key: string): Ask {
  const address = `${url.replace(/\/+$/, '').replace(/\/graphql$/, '')}/graphql`;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return async (query, variables = {}) => {
    try {
      const answer = await request(address, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      return (await answer.body.json()) as ExecutionResult;
    } catch (cause) {
      throw new AppError('UNAVAILABLE', `${address} cannot be reached, or does not answer in JSON.`, { cause });
    }
  };
}

/** The errors of an answer as one text. */
export function describeErrors(errors: readonly Pick<GraphQLError, 'message'>[]): string {
  return errors.map(({ message }) => message).join(' ');
}
