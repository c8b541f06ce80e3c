import { describe, expect, test } from '@jest/globals';
import { ConfigurationError, parseEnvironment } from '../../../app/config';

describe('settings', () => {
  test('have defaults, and an empty variable counts as not set', () => {
    expect(parseEnvironment({ PORT: '', OTHER: 'x' })).toMatchObject({
      PORT: 4000,
      HOST: '127.0.0.1',
      ATTUNE_DATA: '.attune',
      ATTUNE_TIME_ZONE: 'UTC',
    });
  });

  test('P-4 P-18 limits and consents are lists of names with values', () => {
    const parsed = parseEnvironment({
      ATTUNE_LIMITS: 'eventBytes=20480, anonymousIdleDays=3',
      ATTUNE_UNKNOWN_CONSENT: 'personalize=DENIED,marketing.email=GRANTED',
    });
    expect(parsed).toMatchObject({
      ATTUNE_LIMITS: { eventBytes: 20_480, anonymousIdleDays: 3 },
      ATTUNE_UNKNOWN_CONSENT: { personalize: 'DENIED', 'marketing.email': 'GRANTED' },
    });
  });

  test.each([
    ['PORT', 'seventy'],
    ['PORT', '70000'],
    ['MONGODB_URI', 'http://localhost'],
    ['ATTUNE_ADMIN_KEY', 'short'],
    ['ATTUNE_TIME_ZONE', 'Mars/Olympus'],
    ['ATTUNE_LOG_LEVEL', 'loud'],
    ['ATTUNE_IDENTITY_SECRET', 'short'],
    ['ATTUNE_LIMITS', 'eventBites=5'],
    ['ATTUNE_LIMITS', 'eventBytes=none'],
    ['ATTUNE_LIMITS', 'eventBytes=0'],
    ['ATTUNE_UNKNOWN_CONSENT', 'collect=MAYBE'],
    ['ATTUNE_UNKNOWN_CONSENT', 'telepathy=DENIED'],
    ['SERVE', 'everything'],
    ['ATTUNE_PROFILE_URL', 'ftp://profile'],
    ['ATTUNE_LOG_RETENTION_DAYS', '-7'],
  ])('a bad %s stops the start and is named, but its value is not told', (name, value) => {
    const parse = () => parseEnvironment({ [name]: value });
    expect(parse).toThrow(ConfigurationError);
    expect(parse).toThrow(new RegExp(name));
    expect(parse).not.toThrow(new RegExp(value));
  });
});
