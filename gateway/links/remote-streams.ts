import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { AppError } from '../../platform/errors';
import type { RequestContext } from '../../platform/graphql/request-context';
import { createStream } from '../../platform/stream';
import type { SubgraphRequest, SubgraphResult } from './link';

/** The subscriptions of one link: all over one socket, which is open while there are any. */
export interface RemoteStreams {
  open(request: SubgraphRequest): Promise<AsyncIterableIterator<SubgraphResult>>;
  close(): Promise<void>;
}

/** Events that may wait for a reader; beyond that the stream ends, so that memory does not. */
const WAITING_EVENTS = 1_000;

/** Opens streams by graphql-ws. A broken line ends them with UNAVAILABLE: asking again could skip events unseen. */
export function createRemoteStreams({
  name,
  url,
  sign,
}: {
  readonly name: string;
  readonly url: string;
  readonly sign: (context: RequestContext) => Readonly<Record<string, string>>;
}): RemoteStreams {
  let client: Client | undefined;
  return {
    async open({ query, variables, context }) {
      client ??= createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, lazyCloseTimeout: 1_000 });
      const payload = { query, variables: { ...variables }, extensions: sign(context) };
      return toStream(name, (sink) => (client as Client).subscribe<Record<string, unknown>>(payload, sink));
    },
    async close() {
      await client?.dispose();
    },
  };
}

interface GraphqlSink {
  next(result: unknown): void;
  error(error: unknown): void;
  complete(): void;
}

function toStream(name: string, open: (sink: GraphqlSink) => () => void): AsyncIterableIterator<SubgraphResult> {
  const events: SubgraphResult[] = [];
  let failure: AppError | undefined;
  let ended = false;
  let wake: (() => void) | undefined;

  const ring = (): void => {
    const waiting = wake;
    wake = undefined;
    waiting?.();
  };
  const end = (): void => {
    ended = true;
    ring();
  };
  const release = open({
    next(result) {
      if (ended) return;
      events.push(result as SubgraphResult);
      ring();
      if (events.length <= WAITING_EVENTS) return;
      failure = new AppError('LIMIT_EXCEEDED', 'The stream was read too slowly and has been ended.', {
        details: { limit: 'waitingEvents', most: WAITING_EVENTS },
      });
      end();
      release();
    },
    error(error) {
      if (Array.isArray(error)) events.push({ errors: error });
      else failure ??= new AppError('UNAVAILABLE', `The stream of the ${name} subgraph broke off.`, { cause: error });
      end();
    },
    complete: end,
  });
  const leave = (): void => {
    events.length = 0;
    end();
    release();
  };

  return createStream<SubgraphResult>((sink) => {
    const ask = (): void => {
      const event = events.shift();
      if (event) sink.give(event);
      else if (!ended) wake = ask;
      else if (failure) sink.fail(failure);
      else sink.end();
    };
    return ask;
  }, leave);
}
