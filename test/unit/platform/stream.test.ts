import { expect, test } from '@jest/globals';
import { createStream, mapStream } from '../../../platform/stream';

/** A source of 1, 2, 3 …, which gives every second one later, and fails or ends when it is told to. */
function createCounting(last: number, failure?: Error) {
  let count = 0;
  let released = 0;
  const stream = createStream<number>(
    (sink) => () => {
      count += 1;
      const value = count;
      if (value > last) return failure ? sink.fail(failure) : sink.end();
      if (value % 2 === 0) queueMicrotask(() => sink.give(value));
      else sink.give(value);
    },
    () => {
      released += 1;
    },
  );
  return { stream, released: () => released, asked: () => count };
}

const askAtOnce = (stream: AsyncIterator<unknown>, times: number) =>
  Promise.all(Array.from({ length: times }, async () => (await stream.next()).value));

test('who asks again before they are answered is answered in order, and the end is the end', async () => {
  const { stream, asked } = createCounting(2_000);
  const numbers = await askAtOnce(stream, 2_001);
  expect(numbers).toEqual([...Array.from({ length: 2_000 }, (_, index) => index + 1), undefined]);
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  expect(asked()).toBe(2_001);
});

test('what is made of a stream of ours and of any other is the same, also where it is made later', async () => {
  async function* count() {
    yield* [1, 2, 3, 4];
  }
  const double = async (value: number) => value * 2;
  const toText = (value: number) => `${value}`;
  for (const source of [createCounting(4).stream, count()])
    expect(await askAtOnce(mapStream(mapStream(source, double), toText), 5)).toEqual(['2', '4', '6', '8', undefined]);
});

test('a failure is the last that is told, once, and the source is let go', async () => {
  const failing = createCounting(1, new Error('over'));
  const told = mapStream(
    mapStream(failing.stream, toValue, (error) => `${error}`),
    (text) => `<${text}>`,
  );
  expect(await askAtOnce(told, 3)).toEqual(['<1>', '<Error: over>', undefined]);
  expect(failing.released()).toBe(1);

  const plain = createCounting(1, new Error('over'));
  await expect(askAtOnce(mapStream(plain.stream, toValue), 3)).rejects.toThrow('over');
  expect(await plain.stream.next()).toEqual({ done: true, value: undefined });
});

test('what cannot be converted is told as a failure', async () => {
  const source = createCounting(3);
  const refuse = (value: number): number => {
    if (value === 2) throw new Error('two');
    return value;
  };
  expect(
    await askAtOnce(
      mapStream(source.stream, refuse, () => -1),
      3,
    ),
  ).toEqual([1, -1, undefined]);
});

test('a stream that is left answers who waits, gives nothing that comes late, and lets its source go once', async () => {
  let give = (_: number): void => {};
  let released = 0;
  const source = createStream<number>(
    (sink) => {
      give = (value) => sink.give(value);
      return () => {};
    },
    () => {
      released += 1;
    },
  );
  const stream = mapStream(source, toValue);
  const waiting = stream.next();
  await stream.return?.();
  expect(await waiting).toEqual({ done: true, value: undefined });
  give(1);
  await stream.return?.();
  expect(await stream.next()).toEqual({ done: true, value: undefined });
  expect(released).toBe(1);
});

const toValue = (value: number): number | string => value;
