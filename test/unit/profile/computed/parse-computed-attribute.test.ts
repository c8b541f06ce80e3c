import { describe, expect, test } from '@jest/globals';
import { AppError } from '../../../../platform/errors';
import { parseLengthMs, parseSpan } from '../../../../subgraphs/profile/domain/computed/duration';
import { parseEventFilter } from '../../../../subgraphs/profile/domain/computed/event-filter';
import { parseComputedAttribute } from '../../../../subgraphs/profile/domain/computed/parse-computed-attribute';

const DAY_MS = 86_400_000;

function faultOf(run: () => unknown): { code: string; path: unknown } | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { code: error.code, path: error.details.path };
  }
}

describe('P-15 a definition', () => {
  test('is what was sent, without what was left out', () => {
    const sent = {
      id: 'shop.liked',
      function: 'AFFINITY',
      filter: 'channel = "web"',
      value: 'productListItems.category',
      window: 'P90D',
      weights: { purchase: 3, return: -1 },
      halfLife: 'P14D',
    };
    expect(parseComputedAttribute(sent)).toEqual(sent);
    const bare = {
      id: 'visits',
      function: 'COUNT',
      filter: null,
      value: null,
      window: null,
      weights: null,
      halfLife: null,
    };
    expect(parseComputedAttribute(bare)).toEqual({ id: 'visits', function: 'COUNT' });
  });

  test.each([
    ['id', { id: '' }],
    ['id', { id: 'a..b' }],
    ['id', { id: '9lives' }],
    ['id', { id: 'a.__proto__' }],
    ['function', { function: 'MEDIAN' }],
    ['function', { function: 'count' }],
    ['value', { function: 'SUM' }],
    ['value', { function: 'AFFINITY' }],
    ['value', { value: '' }],
    ['value', { value: 'a..b' }],
    ['value', { value: 'items[0].price' }],
    ['value', { value: 'a. b' }],
    ['weights', { function: 'SUM', value: 'v', weights: { buy: 2 } }],
    ['halfLife', { function: 'COUNT', halfLife: 'P1D' }],
    ['weights', { function: 'AFFINITY', value: 'v', weights: [1] }],
    ['weights.buy', { function: 'AFFINITY', value: 'v', weights: { buy: '2' } }],
    ['weights.buy', { function: 'AFFINITY', value: 'v', weights: { buy: Number.NaN } }],
    ['weights.buy', { function: 'AFFINITY', value: 'v', weights: { buy: 1e300 } }],
    ['window', { window: '7 days' }],
    ['window', { window: 'P0D' }],
    ['window', { window: 'P' }],
    ['window', { window: '-P7D' }],
    ['window', { window: 'P1M-1D' }],
    ['window', { window: 'P0.5M' }],
    ['window', { window: 'P10001Y' }],
    ['halfLife', { function: 'AFFINITY', value: 'v', halfLife: 'soon' }],
    ['halfLife', { function: 'AFFINITY', value: 'v', halfLife: 'PT0S' }],
    ['halfLife', { function: 'AFFINITY', value: 'v', halfLife: 'P99999999999999999999Y' }],
  ])('is refused at %s for %j', (path, sent) => {
    const input = { id: 'tested', function: 'COUNT', ...sent };
    expect(faultOf(() => parseComputedAttribute(input))).toEqual({ code: 'BAD_USER_INPUT', path });
  });

  test.each([
    ['P7D', { months: 0, ms: 7 * DAY_MS }],
    ['P2W', { months: 0, ms: 14 * DAY_MS }],
    ['PT36H', { months: 0, ms: 1.5 * DAY_MS }],
    ['PT1.5H', { months: 0, ms: DAY_MS / 16 }],
    ['P1Y2M3DT12H', { months: 14, ms: 3.5 * DAY_MS }],
    ['P0.5Y', { months: 6, ms: 0 }],
    ['P10000Y', { months: 120_000, ms: 0 }],
  ])('reads the window %s', (text, span) => {
    expect(parseSpan(text)).toEqual(span);
  });

  test('takes years and months of a half-life at their mean', () => {
    expect(parseLengthMs('P1Y')).toBe(365.2425 * DAY_MS);
    expect(parseLengthMs('P1M')).toBe((365.2425 / 12) * DAY_MS);
    expect(parseLengthMs('PT1M')).toBe(60_000);
  });
});

describe("P-15 a definition's filter", () => {
  test.each(['eventType =', 'xEvent.count() > 3', 'inSegment("gold")', 'timestamp occurs < 7 days before now'])(
    'is refused: %s',
    (text) => {
      expect(faultOf(() => parseEventFilter(text))).toEqual({ code: 'BAD_USER_INPUT', path: 'filter' });
    },
  );
});
