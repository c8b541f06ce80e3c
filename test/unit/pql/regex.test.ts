import { describe, expect, it } from '@jest/globals';
import { compilePql } from '../../../platform/pql/evaluate';
import { parsePql } from '../../../platform/pql/parse';

function answer(rule: string, profile: Readonly<Record<string, unknown>>): unknown {
  const parsed = parsePql(rule);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  return compilePql(parsed.tree)({ profile, nowMs: 0 });
}

describe('regular expressions', () => {
  it.each([
    ['text.matches("(a+)+$")'],
    ['text.matches("(a|aa)+$")'],
    ['text.matches("(.*a){12}$")'],
    ['text.matches("^(([a-z])+.)+[A-Z]([a-z])+$")'],
    ['text.regexGroup("(x+x+)+y", 1) = "x"'],
  ])('S-3 cannot run away: %s', (rule) => {
    const before = process.cpuUsage();
    answer(rule, { text: `${'a'.repeat(20_000)}!` });
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1500);
  });

  it('S-3 patterns that come with the data are safe too, and match nothing where they are refused', () => {
    expect(answer('text.matches(pattern)', { text: 'abc', pattern: '^a.c$' })).toBe(true);
    expect(answer('text.matches(pattern)', { text: 'abc', pattern: '(?=a)' })).toBe(false);
    expect(answer('text.matches(pattern)', { text: 'abc', pattern: '(' })).toBe(false);
    expect(answer('text.matches(pattern)', { text: 'abc' })).toBe(false);
  });

  it('S-2 like takes its time from text and pattern alone', () => {
    const rule = `text like "${'%a'.repeat(500)}%b"`;
    const before = process.cpuUsage();
    expect(answer(rule, { text: 'a'.repeat(20_000) })).toBe(false);
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1500);
  });
});
