import type { ProfileReader } from '../../../flow/ports';
import { type DeclaredField, fieldsOfSchema } from '../../../platform/pql/typing/field-types';
import type { ComputedAttribute } from '../domain/computed/computed-attribute';
import type { Dataset } from '../domain/dataset';
import type { ProfileConfiguration } from '../store/profile-configuration';

const NUMBERS: ReadonlySet<string> = new Set(['COUNT', 'SUM', 'AVERAGE', 'DISTINCT_COUNT']);

/** The fields that schemas of datasets enabled for profile declare, and the computed attributes. */
export function createDeclaredFields(configuration: ProfileConfiguration): NonNullable<ProfileReader['fields']> {
  return async (sandbox) => {
    const [datasets, computed] = await Promise.all([
      configuration.datasets.all(sandbox),
      configuration.computedAttributes.all(sandbox),
    ]);
    return [
      ...[...datasets.values()].flatMap(({ value }) => fieldsOfDataset(value)),
      ...[...computed].flatMap(([id, { value }]) => fieldsOfComputed(id, value)),
    ];
  };
}

function fieldsOfDataset({ kind, schema, profileEnabled }: Dataset): readonly DeclaredField[] {
  if (!profileEnabled) return [];
  return fieldsOfSchema(schema, kind === 'EVENTS' ? 'xEvent.' : '');
}

function fieldsOfComputed(id: string, attribute: ComputedAttribute): readonly DeclaredField[] {
  const path = `computedAttributes.${id}`;
  if (attribute.function === 'AFFINITY') return [{ path, type: 'map' }, { path: `${path}.*` }];
  return [{ path, ...(NUMBERS.has(attribute.function) && { type: 'number' as const }) }];
}
