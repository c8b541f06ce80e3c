import { describe, expect, it } from '@jest/globals';
import { inspectPql, unknownFields } from '../../../platform/pql/inspect';
import { parsePqlJson } from '../../../platform/pql/json';
import { type ParsedPql, parsePql } from '../../../platform/pql/parse';

function treeOf(parsed: ParsedPql) {
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  return parsed.tree;
}

function diagnosticOf(parsed: ParsedPql) {
  if (parsed.ok) throw new Error('It must be refused');
  return parsed.diagnostics[0];
}

const nested = (depth: number): string => `${'('.repeat(depth)}a = 1${')'.repeat(depth)}`;

describe('parsing', () => {
  it.each([
    ['a = ', 1, 5, ['a name', 'a value', '(']],
    ['(a = 1', 1, 7, [')', 'an operator']],
    ['a = 1)', 1, 6, ['an operator', 'the end']],
    ['a = 1\n  and b ==', 2, 10, ['a name', 'a value', '(']],
    ['t occurs < 7', 1, 13, ['a unit of time']],
    ['t occurs < 7 days', 1, 18, ['before', 'after', 'from']],
    ['t occurs < days before now', 1, 12, ['a whole number']],
    ['chain(xEvent, timestamp, [A WHAT(a = 1)])', 1, 29, [':']],
    ['chain(xEvent, timestamp, [A: WHEN(today)])', 1, 30, ['what']],
    ['chain(xEvent, timestamp)', 1, 24, [',']],
    ['let S = 1', 1, 10, ['in']],
    ['exists E from', 1, 14, ['a name', 'a value', '(']],
    ['sum X.a over from xEvent', 1, 19, ['from']],
    ['a.', 1, 3, ['the name of a field or function']],
    ['[1, 2', 1, 6, [']', 'an operator']],
    ['"abc', 1, 1, ['"']],
    ['a in', 1, 5, ['a name', 'a value', '(']],
    ['', 1, 1, ['a name', 'a value', '(']],
  ])('S-1 an error tells line, column and what was expected: %j', (text, line, column, expected) => {
    expect(diagnosticOf(parsePql(text))).toMatchObject({ line, column, expected });
  });

  it.each([
    ['a ~ 1', 1, 3],
    ['a = 1 # b', 1, 7],
    ['a < 1 < 2', 1, 1],
    ['^a = 1', 1, 1],
    ['xs[^^a = 1]', 1, 4],
    ['chain(xEvent, timestamp, [A: WHAT(a), A: WHAT(b)])', 1, 39],
    ['chain(xEvent, timestamp, [A: not WHAT(a), B: not WHAT(b)])', 1, 27],
    ['chain(xEvent, timestamp, [A: WHAT(a) COUNT(0)])', 1, 44],
    ['chain(xEvent, timestamp, [A: not WHAT(a) COUNT(2)])', 1, 42],
    ['chain(xEvent, timestamp, [A: WHAT(a) WHEN(< 1 day after B), B: WHAT(b)])', 1, 57],
    ['chain(xEvent, timestamp, [A: not WHAT(a), B: WHAT(b) WHEN(< 1 day after A)])', 1, 73],
    ['date(2023, 2, 29) = t', 1, 6],
    ['inSegment(tier)', 1, 11],
    ['inSegment(5)', 1, 11],
    ['a.isNull(1)', 1, 3],
    ['a.equals()', 1, 3],
    ['if(a, b)', 1, 1],
  ])('S-1 what cannot mean anything is refused at its place: %j', (text, line, column) => {
    expect(diagnosticOf(parsePql(text))).toMatchObject({ line, column });
  });

  it.each([
    ['a.equal("x")', 'equals'],
    ['a.strtsWith("x")', 'startsWith'],
    ['chian(xEvent, timestamp, [A: WHAT(a)])', 'chain'],
    ['a.isnul()', 'isNull'],
    ['t occurs < 3 dyas before now', 'days'],
    ['t occurs last wek', 'week'],
  ])('S-1 a word that is nearly one of the language is met with that: %j', (text, suggestion) => {
    expect(diagnosticOf(parsePql(text))).toMatchObject({ suggestion });
  });

  it('S-3 a rule of 15 KB is read, a longer one refused; bytes count, not letters', () => {
    const rule = (length: number, letter: string): string => `a = "${letter.repeat(length)}"`;
    expect(parsePql(rule(15 * 1024 - 6, 'x')).ok).toBe(true);
    expect(parsePql(rule(15 * 1024 - 5, 'x')).ok).toBe(false);
    expect(parsePql(rule(8 * 1024, 'é')).ok).toBe(false);
  });

  it('S-3 a rule may nest 30 deep, and not 31', () => {
    expect(parsePql(nested(30)).ok).toBe(true);
    expect(diagnosticOf(parsePql(nested(31)))).toMatchObject({ line: 1, column: 31 });
    const nots = (depth: number): string => `${'not ('.repeat(depth)}a = 1${')'.repeat(depth)}`;
    expect(parsePql(nots(30)).ok).toBe(true);
    expect(parsePql(nots(31)).ok).toBe(false);
  });

  it.each([
    ['a.matches("(a)\\\\1")'],
    ['a.matches("(?=a)b")'],
    ['a.matches("(?<!a)b")'],
    ['a.regexGroup("(", 1)'],
    ['a.matches("a{1,5000}")'],
    ['a.matches(5)'],
  ])('S-3 a pattern that has no linear form is refused with its place: %j', (text) => {
    expect(diagnosticOf(parsePql(text))).toMatchObject({ line: 1, expected: ['a regular expression (RE2)'] });
  });

  it('S-1 keywords and functions are read however they are capitalised, fields as they are', () => {
    const tree = treeOf(parsePql('NOT Person.Name.STARTSWITH("x") AND t OCCURS < 7 DAYS BEFORE NOW'));
    expect(inspectPql(tree).fields.map(({ path }) => path)).toEqual(['Person.Name', 't']);
  });

  it('S-1 every node knows where it begins', () => {
    const tree = treeOf(parsePql('a = 1\n  or xEvent[b > 2].count() > 3'));
    expect(tree).toMatchObject({
      kind: 'or',
      at: { line: 1, column: 1 },
      of: [
        { at: { line: 1, column: 1 } },
        { kind: 'compare', at: { line: 2, column: 6 }, right: { at: { line: 2, column: 30 } } },
      ],
    });
  });

  it('S-1 JSON that is no tree is refused with its path', () => {
    const json = {
      kind: 'not',
      of: { kind: 'compare', operator: '~', left: { kind: 'root' }, right: { kind: 'root' } },
    };
    expect(diagnosticOf(parsePqlJson(json))?.message).toContain('of.operator');
    expect(parsePqlJson(null).ok).toBe(false);
    let deep: unknown = { kind: 'root' };
    for (let i = 0; i < 5000; i++) deep = { kind: 'not', of: deep };
    expect(parsePqlJson(deep).ok).toBe(false);
  });
});

describe('inspecting', () => {
  it('S-1 an unknown field is met with the nearest known one', () => {
    const known = [
      'homeAddress.country',
      'xEvent.eventType',
      'xEvent.productListItems.SKU',
      'identityMap.*',
      'loyalty.tier',
    ];
    const tree = treeOf(
      parsePql(
        'homeAdress.country = "US" and xEvent[evenType = "x"].count() > 1 and identityMap.ECID.isNotNull() and loyalty.isNull() ' +
          'and exists E from xEvent where E.eventType = "x", I from E.productListItems where I.sku = "a"',
      ),
    );
    expect(unknownFields(tree, known)).toEqual([
      { message: 'The field homeAdress.country is not known', line: 1, column: 1, suggestion: 'homeAddress.country' },
      { message: 'The field xEvent.evenType is not known', line: 1, column: 38, suggestion: 'xEvent.eventType' },
      expect.objectContaining({ suggestion: 'xEvent.productListItems.SKU' }),
    ]);
  });

  it('S-4 tells whether a rule reads events, the request, the time, and which segments', () => {
    const inspect = (rule: string) => inspectPql(treeOf(parsePql(rule)));
    expect(inspect('a = 1')).toMatchObject({ readsEvents: false, readsContext: false, readsTime: false, segments: [] });
    expect(inspect('a[b = context.c].count() > 1').readsContext).toBe(false);
    expect(inspect('xs.exists(b = ^context.c)').readsContext).toBe(true);
    expect(inspect('$1.context.page = "x"').readsContext).toBe(true);
    expect(inspect('xs.exists(xEvent.count() > 1)').readsEvents).toBe(true);
    expect(inspect('t occurs after date(2024, 1, 1)').readsTime).toBe(false);
    expect(inspect('t.getMonth() = currentMonth()').readsTime).toBe(true);
    expect(inspect('inSegment("a") or not inSegment("b") and inSegment("a")').segments).toEqual(['a', 'b']);
  });
});
