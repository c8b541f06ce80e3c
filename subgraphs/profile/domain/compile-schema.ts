import Ajv, { type ErrorObject, type Options } from 'ajv';
import Ajv2020 from 'ajv/dist/2020';
import addFormats from 'ajv-formats';
import { AppError } from '../../../platform/errors';

type Fields = Readonly<Record<string, unknown>>;

/** Where data does not meet a schema; `undefined` when it does. */
export type FindFault = (data: Fields) => { readonly path: string; readonly message: string } | undefined;

// Unknown keywords are let through: schemas carry annotations of other tools.
const OPTIONS: Options = { strict: false, logger: false };

/** Makes a JSON Schema (draft 7, 2019-09 or 2020-12) ready. Fails with BAD_USER_INPUT when it is none. */
export function compileSchema(schema: Fields): FindFault {
  const draft2020 = String(schema.$schema ?? '').includes('2020-12');
  const { $id: _, ...anonymous } = schema;
  const ajv = draft2020 ? new Ajv2020(OPTIONS) : new Ajv(OPTIONS);
  addFormats(ajv);
  try {
    if (schema.$async) throw new Error('it is asynchronous');
    const validate = ajv.compile(draft2020 ? anonymous : withoutDraft(anonymous));
    return (data) => {
      if (validate(data)) return undefined;
      const [error] = validate.errors ?? [];
      return error ? { path: pathOf(error), message: `${sentenceOf(error)}.` } : undefined;
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AppError('BAD_USER_INPUT', `schema: it is no JSON Schema that can be used: ${reason}.`, {
      details: { path: 'schema' },
    });
  }
}

// Older drafts differ in nothing that is used here, and their names are not known to the checker.
function withoutDraft({ $schema: _, ...schema }: Fields): Fields {
  return schema;
}

function pathOf({ instancePath, keyword, params }: ErrorObject): string {
  const names = instancePath
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
  const missing = keyword === 'required' ? [String(params.missingProperty)] : [];
  const extra = keyword === 'additionalProperties' ? [String(params.additionalProperty)] : [];
  return [...names, ...missing, ...extra].reduce(
    (path, name) => (/^\d+$/.test(name) && path ? `${path}[${name}]` : path ? `${path}.${name}` : name),
    '',
  );
}

function sentenceOf({ message, keyword, params }: ErrorObject): string {
  const allowed =
    keyword === 'enum' ? `: ${(params.allowedValues as unknown[]).map((each) => JSON.stringify(each)).join(', ')}` : '';
  return `The value ${message ?? 'does not meet the schema'}${allowed}`;
}
