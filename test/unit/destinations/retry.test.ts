import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { allowance, type Breaker, CLOSED, isOpen, noteAttempt } from '../../../subgraphs/destinations/domain/breaker';
import { backoffMs, type Delivery, settle } from '../../../subgraphs/destinations/domain/delivery';

const rule = { attempts: 3, baseMs: 100, longestMs: 1_000 };
const pending: Delivery = {
  destination: 'd',
  profileId: 'p',
  segment: 's',
  membership: 'REALIZED',
  qualifiedAtMs: 0,
  status: 'PENDING',
  attempts: 0,
  replays: 0,
  atMs: 0,
  body: '{}',
};

describe('A-6 backing off', () => {
  test('doubles up to the longest, between half and the whole of it by chance', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (attempts, random) => {
          const whole = Math.min(1_000, 100 * 2 ** (attempts - 1));
          const waitMs = backoffMs(rule, attempts, random);
          expect(waitMs).toBeGreaterThanOrEqual(whole / 2);
          expect(waitMs).toBeLessThanOrEqual(whole);
        },
      ),
    );
  });

  test('waits as long as it is asked to, up to the longest', () => {
    expect(backoffMs(rule, 1, 0, 700)).toBe(700);
    expect(backoffMs(rule, 1, 0, 70_000)).toBe(1_000);
  });
});

describe('A-6 an attempt', () => {
  test('that is through ends the delivery and forgets its body', () => {
    const { delivery, retryAtMs } = settle(pending, { kind: 'sent' }, rule, 5, 0);
    expect([delivery.status, delivery.attempts, delivery.body, delivery.atMs, retryAtMs]).toEqual([
      'SENT',
      1,
      undefined,
      5,
      undefined,
    ]);
  });

  test('that failed is made again until there are enough, then it is a dead letter with its reason', () => {
    const failed = { kind: 'failed', reason: 'HTTP 500' } as const;
    const first = settle(pending, failed, rule, 0, 0);
    expect([first.delivery.status, first.retryAtMs]).toEqual(['PENDING', 50]);
    const last = settle({ ...pending, attempts: 2 }, failed, rule, 0, 0);
    expect([last.delivery.status, last.delivery.reason, last.retryAtMs]).toEqual(['FAILED', 'HTTP 500', undefined]);
  });

  test('that was refused is a dead letter at once', () => {
    expect(settle(pending, { kind: 'refused', reason: 'HTTP 410' }, rule, 0, 0).delivery.status).toBe('FAILED');
  });
});

describe('A-6 the breaker', () => {
  const breakerRule = { failures: 2, openMs: 100, longestOpenMs: 300 };
  const failed = { kind: 'failed', reason: 'HTTP 500' } as const;
  const failing = (breaker: Breaker, nowMs: number) => noteAttempt(breaker, failed, breakerRule, nowMs);

  test('opens after failures in a row, longer each time, up to the longest', () => {
    const once = failing(CLOSED, 0);
    expect(allowance(once, 16, 0)).toBe(16);
    const opened = failing(once, 0);
    expect([opened.openUntilMs, isOpen(opened, 99), isOpen(opened, 100)]).toEqual([100, true, false]);
    expect([allowance(opened, 16, 99), allowance(opened, 16, 100)]).toEqual([0, 1]);
    const again = failing(opened, 100);
    expect(again.openUntilMs).toBe(300);
    expect(failing(again, 300).openUntilMs).toBe(600);
    expect(failing(failing(again, 300), 600).openUntilMs).toBe(900);
  });

  test('what fails while it is open does not open it for longer', () => {
    const opened = failing(failing(CLOSED, 0), 0);
    expect(failing(opened, 50).openUntilMs).toBe(100);
  });

  test('closes with the first answer that is no failure, a refusal too', () => {
    const opened = failing(failing(CLOSED, 0), 0);
    expect(noteAttempt(opened, { kind: 'refused', reason: 'HTTP 400' }, breakerRule, 100)).toEqual(CLOSED);
  });
});
