import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind } from 'graphql';
import { handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../platform/clock';
import { AppError } from '../../platform/errors';
import type { Answer, AnswerError } from '../execution/answer';
import type { FormatError } from '../format-error';

/** One operation that came over a socket, in its own words. */
export interface SocketQuestion {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly extensions: Readonly<Record<string, unknown>> | undefined;
}

/** What stands behind the sockets. */
export interface SocketHost<Session> {
  /** Who opened the socket. Throws UNAUTHENTICATED when nobody known did. */
  open(parameters: Readonly<Record<string, unknown>>, request: IncomingMessage): Session;
  /** The stream of a subscription, or the one answer of anything else. */
  ask(question: SocketQuestion, session: Session): Promise<AsyncIterableIterator<Answer> | Answer>;
}

/** Queries, mutations and subscriptions over graphql-ws. */
export interface SocketLane {
  /** Takes over a connection that asks to become a socket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Says good-bye to everyone. */
  close(): Promise<void>;
}

export interface SocketLaneOptions<Session> {
  readonly host: SocketHost<Session>;
  readonly clock: Clock;
  readonly formatError: FormatError;
  /** The largest message taken in. */
  readonly messageBytes: number;
  /** How many operations one socket may have under way. */
  readonly operations: number;
}

/** A reader that leaves a message unread this long is cut off, so that what waits for it does not pile up. */
const UNREAD_MS = 10_000;
const PING_MS = 12_000;
const CLOSE_MS = 5_000;
const CLOSE_DEFECT = 1011;
const CLOSE_UNAUTHENTICATED = 4401;
const CLOSE_TOO_SLOW = 4429;
const CLOSE_GOING_AWAY = 1001;

interface Extra<Session> {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  session?: Session;
}

/** The lane over one server's sockets. */
export function createSocketLane<Session>(options: SocketLaneOptions<Session>): SocketLane {
  const { host, clock, formatError, messageBytes, operations } = options;
  const kind = { noServer: true, maxPayload: messageBytes, handleProtocols, closeTimeout: CLOSE_MS };
  const sockets = new WebSocketServer(kind);
  const protocol = makeServer<Record<string, unknown>, Extra<Session>>({
    onConnect({ connectionParams, extra }) {
      try {
        extra.session = host.open(connectionParams ?? {}, extra.request);
        return true;
      } catch (error) {
        extra.socket.close(CLOSE_UNAUTHENTICATED, formatError(error).message.slice(0, 120));
        return false;
      }
    },
    onSubscribe({ extra, subscriptions }, _, payload) {
      if (Object.keys(subscriptions).length > operations) return [new SocketError(formatError(tooMany(operations)))];
      return { schema: NO_SCHEMA, document: ANY_STREAM, contextValue: { payload, session: extra.session } };
    },
    subscribe: (args) => {
      const { payload, session } = args.contextValue as {
        readonly payload: SubscribePayload;
        readonly session: Session;
      };
      // biome-ignore lint/suspicious/noExplicitAny: answers are formatted already; see `onNext`.
      return host.ask(toQuestion(payload), session) as any;
    },
    onNext: (_, __, ___, ____, answer) => answer as object,
    onError: (_, __, ___, errors) =>
      errors.map((error) => (error instanceof SocketError ? error.answered : formatError(error))),
  });

  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const stopPinging = keepAlive(socket, clock);
    let leave = async (_code?: number, _reason?: string): Promise<void> => {};
    const fail = (error: unknown): void => socket.close(CLOSE_DEFECT, formatError(error).message.slice(0, 120));
    const giveUp = (): void => {
      socket.close(CLOSE_TOO_SLOW, 'Messages were left unread for too long.');
      leave(CLOSE_TOO_SLOW).catch(fail);
    };
    leave = protocol.opened(
      {
        protocol: socket.protocol,
        send: (message) => sendWithin(socket, message, clock, giveUp),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => socket.on('message', (message) => void take(String(message)).catch(fail)),
      },
      { socket, request },
    );
    socket.on('error', () => socket.terminate());
    socket.once('close', (code, reason) => {
      stopPinging();
      leave(code, String(reason)).catch(fail);
    });
  });

  return {
    upgrade(request, socket, head) {
      sockets.handleUpgrade(request, socket, head, (opened) => sockets.emit('connection', opened, request));
    },
    async close() {
      const clients = [...sockets.clients];
      const gone = clients.map((client) => new Promise<void>((resolve) => client.once('close', () => resolve())));
      for (const client of clients) client.close(CLOSE_GOING_AWAY, 'Going away.');
      const timer = clock.at(clock.now() + 1_000, () => {
        for (const client of clients) client.terminate();
      });
      await Promise.all(gone);
      timer.cancel();
      await new Promise<void>((resolve) => sockets.close(() => resolve()));
    },
  };
}

/** The protocol core asks for a document to choose between its two ways: everything goes by the way of streams. */
const ANY_STREAM: DocumentNode = {
  kind: Kind.DOCUMENT,
  definitions: [
    {
      kind: Kind.OPERATION_DEFINITION,
      operation: 'subscription' as never,
      selectionSet: { kind: Kind.SELECTION_SET, selections: [] },
    },
  ],
};
const NO_SCHEMA = undefined as unknown as GraphQLSchema;

class SocketError extends GraphQLError {
  constructor(readonly answered: AnswerError) {
    super(answered.message);
  }
}

function toQuestion({ query, operationName, variables, extensions }: SubscribePayload): SocketQuestion {
  return {
    query,
    operationName: operationName ?? undefined,
    variables: variables ?? undefined,
    extensions: extensions ?? undefined,
  };
}

/** Resolves when the message is on its way; what is not read in time makes the lane give up. */
function sendWithin(socket: WebSocket, message: string, clock: Clock, giveUp: () => void): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    const timer = clock.at(clock.now() + UNREAD_MS, () => {
      giveUp();
      resolve();
    });
    socket.send(message, () => {
      timer.cancel();
      resolve();
    });
  });
}

function keepAlive(socket: WebSocket, clock: Clock): () => void {
  let alive = true;
  const beat = (): void => {
    if (!alive) {
      socket.terminate();
      return;
    }
    alive = false;
    socket.ping();
    timer = clock.at(clock.now() + PING_MS, beat);
  };
  let timer = clock.at(clock.now() + PING_MS, beat);
  socket.on('pong', () => {
    alive = true;
  });
  return () => timer.cancel();
}

function tooMany(operations: number): AppError {
  return new AppError('LIMIT_EXCEEDED', `One socket may have ${operations} operations under way.`, {
    details: { limit: 'socketOperations', most: operations },
  });
}
