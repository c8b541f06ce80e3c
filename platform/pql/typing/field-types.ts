/** What a field holds, as far as a schema tells. A `date` is text that names a day or an instant. */
export type ValueType = 'number' | 'text' | 'truth' | 'date' | 'map';

/** A field that is declared, as rules name it: paths pass through lists, and all below one that ends in `.*` is known. */
export interface DeclaredField {
  readonly path: string;
  /** Absent: anything. */
  readonly type?: ValueType;
  /** True: the field holds a list of these. */
  readonly isList?: boolean;
}

type Schema = Readonly<Record<string, unknown>>;

const DEEPEST = 16;

/** The fields that a JSON Schema declares, each path beginning with `prefix`. */
export function fieldsOfSchema(schema: unknown, prefix: string): readonly DeclaredField[] {
  return fieldsBelow(schema, prefix, 0);
}

function fieldsBelow(schema: unknown, prefix: string, depth: number): readonly DeclaredField[] {
  if (!isSchema(schema) || !isSchema(schema.properties) || depth > DEEPEST) return [];
  return Object.entries(schema.properties).flatMap(([name, property]) => fieldsOf(property, prefix + name, depth));
}

function fieldsOf(property: unknown, path: string, depth: number): readonly DeclaredField[] {
  const type = typeOfSchema(property);
  if (type === 'array') {
    const item = (property as Schema).items;
    return fieldsOf(item, path, depth + 1).map((field) => (field.path === path ? { ...field, isList: true } : field));
  }
  const below = fieldsBelow(property, `${path}.`, depth + 1);
  if (below.length > 0) return [{ path, type: 'map' }, ...below];
  if (type === 'object' || type === undefined) return [{ path }, { path: `${path}.*` }];
  return [{ path, type }];
}

const TYPES: Readonly<Record<string, ValueType | 'array' | 'object'>> = {
  number: 'number',
  integer: 'number',
  boolean: 'truth',
  string: 'text',
  array: 'array',
  object: 'object',
};

const DATE_FORMATS: ReadonlySet<unknown> = new Set(['date', 'date-time']);

/** `undefined` where the schema allows several, or does not say. */
function typeOfSchema(schema: unknown): ValueType | 'array' | 'object' | undefined {
  if (!isSchema(schema)) return undefined;
  const named = (Array.isArray(schema.type) ? schema.type : [schema.type]).filter((name) => name !== 'null');
  const types = new Set(named.map((name) => TYPES[String(name)]));
  const [only] = types;
  if (types.size !== 1) return undefined;
  return only === 'text' && DATE_FORMATS.has(schema.format) ? 'date' : only;
}

function isSchema(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
