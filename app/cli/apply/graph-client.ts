import { request } from 'undici';
import { AppError } from '../../../platform/errors';

/** An answer of the graph. */
interface GraphAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphFault[];
}

/** One error of an answer. */
export interface GraphFault {
  readonly message: string;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** Asks the graph, with the key already given. */
export type Ask = (query: string, variables?: Readonly<Record<string, unknown>>) => Promise<GraphAnswer>;

/** Asks a running server over HTTP. Fails with UNAVAILABLE when it cannot be reached. */
export function createHttpAsk(url: string, key: string): Ask {
  const address = `${url.replace(/\/+$/, '').replace(/\/graphql$/, '')}/graphql`;
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  return async (query, variables = {}) => {
    try {
      const answer = await request(address, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
      return (await answer.body.json()) as GraphAnswer;
    } catch (cause) {
      throw new AppError('UNAVAILABLE', `${address} cannot be reached, or does not answer in JSON.`, { cause });
    }
  };
}

/** The errors of an answer as one text. */
export function describeErrors(errors: readonly GraphFault[]): string {
  return errors.map(({ message }) => message).join(' ');
}
