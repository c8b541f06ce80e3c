import { describe, expect, it } from '@jest/globals';
import { parseMapping } from '../../app/cli/import/mapping';
import { compileMapping, mapAsIs } from '../../app/cli/import/row-mapper';
import { ConfigurationError } from '../../app/config';

const HEADER = ['Invoice', 'Sku', 'Quantity', 'Price', 'At', 'Customer', 'Mail', 'Paid', 'Tags', 'More'];

function map(yaml: string, row: readonly string[], line = 7) {
  return compileMapping(parseMapping('m.yaml', yaml), HEADER, 'orders.csv')(row, line);
}

function refusalOf(yaml: string): string {
  try {
    compileMapping(parseMapping('m.yaml', yaml), HEADER, 'orders.csv');
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message;
    throw error;
  }
  return 'none';
}

const ROW = ['C17', 'S-1', '6', '2.55', '01.03.2026 09:30', '17850.0', ' A@X.com ', 'yes', 'a; b', '{"x":1}'];

describe('a mapping', () => {
  it('P-6 makes an event out of a row: type by condition, time in its zone, identities, typed fields', () => {
    const yaml = `
eventType:
  - { value: commerce.returns, when: { column: Invoice, startsWith: C } }
  - { value: commerce.purchases }
timestamp: { column: At, format: dd.MM.yyyy HH:mm, zone: Europe/Berlin }
_id: { columns: [Invoice, Sku] }
identities:
  - { namespace: CRMID, column: Customer, remove: '\\.0$', primary: true }
  - { namespace: Email, column: Mail, lowerCase: true, authenticatedState: authenticated }
fields:
  order.id: Invoice
  order.quantity: { column: Quantity, type: integer }
  order.total: { multiply: [Quantity, Price], decimals: 2 }
  order.paid: { column: Paid, type: boolean }
  order.channel: { value: shop }
  order.key: { columns: [Invoice, Sku], separator: / }
  tags: { column: Tags, type: list, separator: ; }
  more: { column: More, type: json }
  kind: { column: Paid, map: { yes: paid, no: open } }
  placedAt: { column: At, type: timestamp, format: dd.MM.yyyy HH:mm }
`;
    expect(map(yaml, ROW)).toEqual({
      kind: 'item',
      line: 7,
      item: {
        _id: 'C17-S-1',
        timestamp: '2026-03-01T08:30:00.000Z',
        eventType: 'commerce.returns',
        identityMap: {
          CRMID: [{ id: '17850', primary: true }],
          Email: [{ id: 'a@x.com', authenticatedState: 'authenticated' }],
        },
        order: { id: 'C17', quantity: 6, total: 15.3, paid: true, channel: 'shop', key: 'C17/S-1' },
        tags: ['a', 'b'],
        more: { x: 1 },
        kind: 'paid',
        placedAt: '2026-03-01T09:30:00.000Z',
      },
    });
  });

  it('P-3 makes the _id from the line where rows have no key of their own', () => {
    expect(map('_id: { line: true }', ROW, 12)).toMatchObject({ item: { _id: 'orders.csv:12' } });
    expect(map('_id: { line: true, prefix: r- }', ROW, 12)).toMatchObject({ item: { _id: 'r-12' } });
  });

  it('leaves out what is empty, and refuses rows that lack what is required', () => {
    const empty = ROW.map((cell, index) => (index >= 5 ? '' : cell));
    const yaml =
      'identities: [{ namespace: CRMID, column: Customer }]\nfields: { mail: Mail, paid: { column: Paid, default: false } }';
    expect(map(yaml, empty)).toEqual({ kind: 'item', line: 7, item: { paid: false } });
    const required = 'required: [{ column: Customer, reason: The line names no customer., code: NO_CUSTOMER }]';
    expect(map(required, empty)).toEqual({
      kind: 'refused',
      line: 7,
      code: 'NO_CUSTOMER',
      path: 'Customer',
      message: 'The line names no customer.',
    });
  });

  it('P-3 refuses a row with a cell that is not what it should be, and names the column', () => {
    const broken = ROW.map((cell, index) => (index === 2 ? 'six' : cell));
    expect(map('fields: { q: { column: Quantity, type: number } }', broken)).toMatchObject({
      kind: 'refused',
      code: 'BAD_VALUE',
      path: 'Quantity',
    });
    expect(map('timestamp: At', ROW)).toMatchObject({ kind: 'refused', path: 'At' });
  });

  it('skips rows on purpose, with a reason', () => {
    const yaml =
      'skip: [{ reason: a return, when: [{ column: Invoice, matches: "^C" }, { column: Quantity, in: [6, 7] }] }]';
    expect(map(yaml, ROW)).toEqual({ kind: 'skipped', reason: 'a return' });
    expect(map(yaml, ['536', ...ROW.slice(1)])).toMatchObject({ kind: 'item' });
  });

  it('P-6 that names no column of the file is refused with the columns that there are', () => {
    const message = refusalOf('fields: { a: Amount, b: Quantity }\nrequired: [Client]');
    expect(message).toMatch(/Client, Amount/);
    expect(message).toMatch(/Invoice, Sku, Quantity/);
  });

  it('with faults is refused with each of them and its line', () => {
    const message = refusalOf('eventType: a\nfields:\n  q: { column: Quantity, type: integr }\ntimestmp: At\n');
    expect(message).toMatch(/line 3: fields\.q/);
    expect(message).toMatch(/timestmp/);
    expect(refusalOf('fields: { a: { column: Sku, value: 3 } }')).toMatch(/exactly one/);
    expect(refusalOf('timestamp: { column: At, zone: Mars }')).toMatch(/time zone/);
    expect(refusalOf('a: [')).toMatch(/m\.yaml, document 1, line/);
  });

  it('is not needed: columns are paths, objects are items', () => {
    expect(mapAsIs(['_id', 'a.b', 'a.c'])(['1', 'x', ''], 2)).toEqual({
      kind: 'item',
      line: 2,
      item: { _id: '1', a: { b: 'x' } },
    });
    expect(mapAsIs(undefined)({ _id: '1' }, 1)).toEqual({ kind: 'item', line: 1, item: { _id: '1' } });
  });

  it('never writes into what all objects share', () => {
    mapAsIs(['__proto__.polluted'])(['1'], 2);
    expect('polluted' in {}).toBe(false);
  });
});
