import fc from 'fast-check';
import type { ProfileEvent } from '../../../../flow/events';
import {
  COMPUTED_FUNCTIONS,
  type ComputedAttribute,
} from '../../../../subgraphs/profile/domain/computed/computed-attribute';
import type { Question } from './brute-force';

export const HOUR_MS = 3_600_000;
/** Shortly before the end of a short month, so that calendar windows meet it. */
export const START_MS = Date.UTC(2023, 1, 20);

const isView = ({ data }: ProfileEvent): boolean => data.eventType === 'view';

/** Attributes of every function, with and without filter, window, weights and half-life. */
export const questions = (windows: readonly (string | undefined)[]): fc.Arbitrary<Question> =>
  fc
    .record({
      function: fc.constantFrom(...COMPUTED_FUNCTIONS),
      counted: fc.boolean(),
      path: fc.constantFrom('v', 'items.price'),
      window: fc.constantFrom(...windows),
      halfLife: fc.constantFrom(undefined, 'PT6H', 'P3D', 'PT1M'),
      weights: fc.constantFrom(undefined, { buy: 3, view: 0.1, back: -1.5 }, { view: 0 }),
      filtered: fc.boolean(),
      timeZone: fc.constantFrom('UTC', 'America/New_York', 'Asia/Kolkata'),
    })
    .map((drawn) => ({
      attribute: toAttribute(drawn),
      matches: drawn.filtered ? isView : () => true,
      timeZone: drawn.timeZone,
    }));

interface Drawn {
  readonly function: ComputedAttribute['function'];
  readonly counted: boolean;
  readonly path: string;
  readonly window: string | undefined;
  readonly halfLife: string | undefined;
  readonly weights: Record<string, number> | undefined;
}

function toAttribute({ counted, path, window, halfLife, weights, ...rest }: Drawn): ComputedAttribute {
  const isAffinity = rest.function === 'AFFINITY';
  return {
    id: 'tested',
    function: rest.function,
    ...(rest.function === 'COUNT' && !counted ? {} : { value: path }),
    ...(window === undefined ? {} : { window }),
    ...(isAffinity && weights ? { weights } : {}),
    ...(isAffinity && halfLife !== undefined ? { halfLife } : {}),
  };
}

const scalar = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: -3, max: 9 }) },
  { weight: 4, arbitrary: fc.integer({ min: -500, max: 500 }).map((cents) => cents / 100) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e200, max: 1e200 }) },
  { weight: 4, arbitrary: fc.constantFrom('shoes', 'hats', 'coats', '', '3', '__proto__x') },
  {
    weight: 1,
    arbitrary: fc.constantFrom(null, true, false, -0, { a: 1 }, 'a text that is longer than forty characters'),
  },
);
const value = fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) });

/** Events over some forty days, in any order, often at the same time; `stepMs` is the grid that their times lie on. */
export const eventLists = (stepMs: number, maxLength = 14): fc.Arbitrary<readonly ProfileEvent[]> =>
  fc
    .array(
      fc.record({
        step: fc.oneof(fc.nat({ max: Math.floor((40 * 24 * HOUR_MS) / stepMs) }), fc.nat({ max: 5 })),
        data: fc.record(
          {
            eventType: fc.constantFrom('view', 'buy', 'back'),
            v: value,
            items: fc.array(fc.record({ price: value }, { requiredKeys: [] }), { maxLength: 3 }),
          },
          { requiredKeys: ['v'] },
        ),
      }),
      { maxLength },
    )
    .map((drawn) =>
      drawn.map(({ step, data }, index) => ({
        key: `web|${(index * 7919) % 997}`,
        timestampMs: START_MS + step * stepMs,
        data,
      })),
    );
