import { z } from 'zod';
import { isTimeZone } from '../../../platform/time-zone';
import { ConfigurationError } from '../../config';
import { describeFault, parseYamlFile } from '../yaml-source';

const literal = z.union([z.string(), z.number(), z.boolean()]);
const pattern = z.string().refine(isPattern, 'must be a regular expression');
const zone = z.string().refine(isTimeZone, 'must be an IANA time zone such as Europe/Berlin');

/** One test of a column's text; a list of them must hold together. */
const condition = z
  .strictObject({
    column: z.string().min(1),
    equals: literal.optional(),
    notEquals: literal.optional(),
    in: z.array(literal).optional(),
    startsWith: z.string().optional(),
    endsWith: z.string().optional(),
    contains: z.string().optional(),
    matches: pattern.optional(),
    empty: z.boolean().optional(),
  })
  .refine((one) => Object.keys(one).length === 2, 'needs exactly one test beside `column`');
const conditions = z.union([condition, z.array(condition).min(1)]);

const textRules = {
  /** What matches this expression is taken out of the text. */
  remove: pattern.optional(),
  lowerCase: z.boolean().optional(),
};

const time = {
  /** `iso`, `seconds`, `milliseconds`, or Luxon's tokens: `dd.MM.yyyy HH:mm`. */
  format: z.string().min(1).default('iso'),
  /** The zone of times that name none themselves. */
  zone: zone.default('UTC'),
};

const source = z
  .strictObject({
    column: z.string().min(1).optional(),
    columns: z.array(z.string().min(1)).min(1).optional(),
    separator: z.string().default(' '),
    value: z.json().optional(),
    multiply: z.array(z.string().min(1)).min(2).optional(),
    type: z.enum(['text', 'number', 'integer', 'boolean', 'timestamp', 'json', 'list']).optional(),
    decimals: z.int().min(0).max(15).optional(),
    default: z.json().optional(),
    /** Text → the value that stands for it. */
    map: z.record(z.string(), z.json()).optional(),
    ...textRules,
    ...time,
  })
  .refine(
    (one) => [one.column, one.columns, one.value, one.multiply].filter((each) => each !== undefined).length === 1,
    'needs exactly one of `column`, `columns`, `multiply` and `value`',
  );

const eventTypeCase = z.strictObject({ value: z.string().min(1), when: conditions.optional() });
const path = z.string().regex(/^[^.\s]+(\.[^.\s]+)*$/, 'must be a path such as commerce.order.id');

const mapping = z.strictObject({
  format: z.enum(['csv', 'ndjson']).optional(),
  delimiter: z.string().length(1).optional(),
  encoding: z.string().min(1).optional(),
  /** The columns of a CSV file whose first line is data already. */
  header: z.array(z.string().min(1)).min(1).optional(),
  eventType: z
    .union([z.string().min(1), z.strictObject({ column: z.string().min(1) }), z.array(eventTypeCase).min(1)])
    .optional(),
  timestamp: z.union([z.string().min(1), z.strictObject({ column: z.string().min(1), ...time })]).optional(),
  _id: z
    .union([
      z.string().min(1),
      z.strictObject({ line: z.literal(true), prefix: z.string().optional() }),
      z.strictObject({
        columns: z.array(z.string().min(1)).min(1),
        separator: z.string().default('-'),
        prefix: z.string().default(''),
      }),
    ])
    .optional(),
  identities: z
    .array(
      z.strictObject({
        namespace: z.string().min(1),
        column: z.string().min(1),
        primary: z.boolean().optional(),
        authenticatedState: z.enum(['ambiguous', 'authenticated', 'loggedOut']).optional(),
        ...textRules,
      }),
    )
    .default([]),
  fields: z.record(path, z.union([z.string().min(1), source])).default({}),
  /** Rows without a value here are refused with the reason. */
  required: z
    .array(
      z.union([
        z.string().min(1),
        z.strictObject({ column: z.string().min(1), reason: z.string().optional(), code: z.string().optional() }),
      ]),
    )
    .default([]),
  /** Rows that are left out on purpose, and counted. */
  skip: z.array(z.strictObject({ when: conditions, reason: z.string().min(1) })).default([]),
});

/** How the rows of a file become items. docs/import.md describes it. */
export type ImportMapping = z.output<typeof mapping>;
export type Conditions = z.output<typeof conditions>;
export type Condition = z.output<typeof condition>;
export type FieldSource = z.output<typeof source>;

/** Reads a mapping of YAML. A ConfigurationError names the file, the line and what is wrong there. */
export function parseMapping(file: string, text: string): ImportMapping {
  const { documents, faults } = parseYamlFile(file, text);
  const [document] = documents;
  if (faults.length > 0) throw new ConfigurationError(faults.map(describeFault).join('\n'));
  if (!document || documents.length > 1) {
    throw new ConfigurationError(`${file} must hold one mapping; it holds ${documents.length} documents.`);
  }
  const parsed = mapping.safeParse(document.value);
  if (parsed.success) return parsed.data;
  const lines = parsed.error.issues.map(
    ({ path: at, message }) => `${file}, line ${document.lineOf(at)}: ${at.join('.')} ${message}`,
  );
  throw new ConfigurationError(`The mapping cannot be used.\n${lines.join('\n')}`);
}

function isPattern(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}
