import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { compilePql } from '../../../platform/pql/evaluate';
import { pqlFunctions } from '../../../platform/pql/functions';
import { parsePql } from '../../../platform/pql/parse';

type Fields = Readonly<Record<string, unknown>>;

interface Example {
  readonly at: string;
  readonly profile: Fields;
  readonly events: readonly (Fields & { readonly timestamp: string })[];
  readonly segments: readonly string[];
}

const page = readFileSync(join(__dirname, '../../../docs/pql.md'), 'utf8');
const { at, profile, events, segments }: Example = JSON.parse(/```json\n([\s\S]+?)\n```/.exec(page)?.[1] ?? '{}');

/** The rows of tables that give a rule and its answer, both as code. */
const rows = [...page.matchAll(/^\| (.+?) \| `(.+?)` \| `([^`]+)` \|$/gm)].map(
  ([, operator = '', rule = '', answer = '']) => ({
    operator,
    rule: rule.replaceAll('\\|', '|'),
    answer,
  }),
);

const OPERATORS =
  'and or not = != > >= < <= + - * / % [ ] ^ occurs ignoring between last this next over let chain count(';

describe('docs/pql.md', () => {
  it.each(rows)('S-2 tells the truth: $rule', ({ rule, answer }) => {
    const parsed = parsePql(rule);
    if (!parsed.ok) throw new Error(`${rule}: ${parsed.diagnostics[0]?.message}`);
    const found = compilePql(parsed.tree)({
      profile,
      events: events.map((data) => ({ timestampMs: Date.parse(data.timestamp), data })),
      nowMs: Date.parse(at),
      inSegment: (id) => segments.includes(id),
    });
    expect([rule, found ?? null]).toEqual([rule, answer === 'missing' ? null : JSON.parse(answer)]);
  });

  it('S-2 has an example of every operator and function, and a row of what is missing for each', () => {
    const [examples, missing] = page.split('## Missing') as [string, string];
    const of = (part: string): string => [...part.matchAll(/^\| .+$/gm)].join('\n').toLowerCase();
    const names = pqlFunctions.map(({ name }) => name.toLowerCase());
    for (const name of [...names, ...OPERATORS.split(' ')])
      expect([name, of(examples).includes(name)]).toEqual([name, true]);
    const always = ['date', 'currentdayofmonth', 'currentmonth', 'currentyear'];
    for (const name of names.filter((each) => !always.includes(each)))
      expect([name, of(missing).includes(name)]).toEqual([name, true]);
  });
});
