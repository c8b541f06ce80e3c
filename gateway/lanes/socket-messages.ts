import type { WebSocket } from 'ws';
import type { Clock } from '../../platform/clock';
import { createStream } from '../../platform/stream';
import type { Answer } from '../execution/answer';

/** Sends a message. What it answers with resolves when the message is on its way; nothing: it is already. */
export type Send = (message: string) => Promise<void> | undefined;

/** A reader that leaves a message unread this long is cut off, so that what waits for it does not pile up. */
const UNREAD_MS = 10_000;

/** Sends by a socket; what is not read in time makes the lane give up. */
export function sendWithin(
  socket: WebSocket,
  message: string,
  clock: Clock,
  giveUp: () => void,
): Promise<void> | undefined {
  if (socket.readyState !== socket.OPEN) return undefined;
  let onSent = (): void => {};
  socket.send(message, () => onSent());
  if (socket.bufferedAmount === 0) return undefined;
  return new Promise((resolve) => {
    const timer = clock.at(clock.now() + UNREAD_MS, () => {
      giveUp();
      resolve();
    });
    onSent = () => {
      timer.cancel();
      resolve();
    };
  });
}

/**
 * Tells each answer of a stream, the next when the one before is on its way. Itself a stream of nothing, which ends or
 * fails as the other does: graphql-ws would write each answer anew for each socket.
 */
export function tellEach(stream: AsyncIterator<Answer>, tell: (answer: Answer) => Promise<void> | undefined) {
  return createStream<never>(
    (sink) => {
      const fail = (error: unknown): void => sink.fail(error);
      const take = ({ done, value }: IteratorResult<Answer>): void => {
        if (done) sink.end();
        else tellOne(value);
      };
      const tellOne = (answer: Answer): void => {
        try {
          const sent = tell(answer);
          if (sent) sent.then(ask, fail);
          else ask();
        } catch (error) {
          fail(error);
        }
      };
      const ask = (): void => {
        stream.next().then(take, fail);
      };
      return ask;
    },
    () => stream.return?.(),
  );
}

/** Writes the messages that carry answers. The text of one that many are told is made once for all of them. */
export function createNextWriter(): (id: string, answer: Answer) => string {
  const texts = new WeakMap<Answer, string>();
  return (id, answer) => {
    const known = texts.get(answer);
    const text = known ?? JSON.stringify(answer);
    if (known === undefined) texts.set(answer, text);
    return `{"id":${JSON.stringify(id)},"type":"next","payload":${text}}`;
  };
}
