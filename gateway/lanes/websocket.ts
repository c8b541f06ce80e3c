import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type DocumentNode, GraphQLError, type GraphQLSchema, Kind } from 'graphql';
import { handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Clock } from '../../platform/clock';
import { AppError } from '../../platform/errors';
import type { Answer, AnswerError } from '../execution/answer';
import type { FormatError } from '../format-error';
import { createNextWriter, type Send, sendWithin, tellEach } from './socket-messages';

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

const PING_MS = 12_000;
const CLOSE_MS = 5_000;
const CLOSE_DEFECT = 1011;
const CLOSE_UNAUTHENTICATED = 4401;
const CLOSE_TOO_SLOW = 4429;
const CLOSE_GOING_AWAY = 1001;

interface Extra<Session> {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly send: Send;
  session?: Session;
}

/** One operation of a socket. */
interface Asked<Session> {
  readonly id: string;
  readonly payload: SubscribePayload;
  readonly extra: Extra<Session>;
}

/** The lane over one server's sockets. */
export function createSocketLane<Session>(options: SocketLaneOptions<Session>): SocketLane {
  const { host, clock, formatError, messageBytes, operations } = options;
  const kind = { noServer: true, maxPayload: messageBytes, handleProtocols, closeTimeout: CLOSE_MS };
  const sockets = new WebSocketServer(kind);
  const writeNext = createNextWriter();
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
    onSubscribe({ extra, subscriptions }, id, payload) {
      if (Object.keys(subscriptions).length > operations) return [new SocketError(formatError(tooMany(operations)))];
      const asked: Asked<Session> = { id, payload, extra };
      return { schema: NO_SCHEMA, document: ANY_STREAM, contextValue: asked };
    },
    async subscribe({ contextValue }) {
      const { id, payload, extra } = contextValue as Asked<Session>;
      const told = await host.ask(toQuestion(payload), extra.session as Session);
      const tell = (answer: Answer) => extra.send(writeNext(id, answer));
      // biome-ignore lint/suspicious/noExplicitAny: answers are formatted already; see `onNext`.
      return (Symbol.asyncIterator in told ? tellEach(told, tell) : told) as any;
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
    const send: Send = (message) => sendWithin(socket, message, clock, giveUp);
    leave = protocol.opened(
      {
        protocol: socket.protocol,
        send,
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => socket.on('message', (message) => void take(String(message)).catch(fail)),
      },
      { socket, request, send },
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
