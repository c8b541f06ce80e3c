import type { SegmentReader } from '../../../flow/ports';
import { AppError } from '../../../platform/errors';
import type { Configuration } from '../../../platform/store/configuration';
import type { Stored } from '../../../platform/store/store';
import { badInput, checkId } from '../domain/check-definition';
import type { Definitions } from '../domain/definitions';
import { type References, usersOf } from '../domain/references';
import type { OffersConfiguration } from '../store/offers-configuration';

/** What differs between the kinds of definitions. */
export interface DefinitionKind<T> {
  readonly definitions: Configuration<T>;
  /** Fails with BAD_USER_INPUT where the definition contradicts itself. */
  readonly check: (definition: T, id: string, saved: Definitions) => void;
  readonly referencesOf: (definition: T) => References;
  /** Under which name others point to this kind. */
  readonly referredAs?: keyof References;
}

/** The verbs over one kind of definition. */
export interface DefinitionUseCases<T> {
  all(sandbox: string): Promise<ReadonlyMap<string, Stored<T>>>;
  /** Fails with BAD_USER_INPUT when it is not sound or points to something that does not exist. */
  save(sandbox: string, id: string, definition: T, expectedVersion?: number): Promise<Stored<T>>;
  /** Fails with CONFLICT, the users in `details.usedBy`, while others point to it. */
  delete(sandbox: string, id: string): Promise<void>;
}

/** Saves and deletes definitions of one kind, keeping what points to what whole. */
export function createDefinitionUseCases<T extends object>(
  kind: DefinitionKind<T>,
  configuration: OffersConfiguration,
  segments: SegmentReader,
): DefinitionUseCases<T> {
  return {
    all: (sandbox) => kind.definitions.all(sandbox),
    async save(sandbox, id, definition, expectedVersion) {
      const saved = (await configuration.catalogue(sandbox)).definitions;
      checkId(id);
      kind.check(definition, id, saved);
      const references = kind.referencesOf(definition);
      checkKnown(references, saved);
      const before = (await kind.definitions.all(sandbox)).get(id);
      const known = new Set(before && kind.referencesOf(before.value).segments);
      await checkSegments(sandbox, references.segments?.filter((segment) => !known.has(segment)) ?? [], segments);
      return kind.definitions.put(sandbox, id, definition, expectedVersion);
    },
    async delete(sandbox, id) {
      const { definitions } = await configuration.catalogue(sandbox);
      const usedBy = kind.referredAs ? usersOf(definitions, kind.referredAs, id) : [];
      if (usedBy.length > 0) {
        throw new AppError('CONFLICT', `${id} is used by ${usedBy.join(', ')}.`, {
          retryable: false,
          details: { id, usedBy },
        });
      }
      await kind.definitions.delete(sandbox, id);
    },
  };
}

const KINDS = [
  ['placements', 'placement'],
  ['offers', 'offer'],
  ['fallbackOffers', 'fallback offer'],
  ['collections', 'collection'],
] as const;

function checkKnown(references: References, saved: Definitions): void {
  for (const [kind, word] of KINDS) {
    const unknown = references[kind]?.filter((id) => !saved[kind].has(id)) ?? [];
    if (unknown.length > 0) throw badInput(kind, `there is no ${word} ${unknown.join(', ')}.`, { unknown });
  }
}

async function checkSegments(sandbox: string, ids: readonly string[], segments: SegmentReader): Promise<void> {
  if (ids.length === 0) return;
  const published = new Set(await segments.published(sandbox, ids));
  const unknown = ids.filter((id) => !published.has(id));
  if (unknown.length > 0) {
    throw badInput('segments', `there is no published segment ${unknown.join(', ')}.`, { unknown });
  }
}
