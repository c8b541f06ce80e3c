import { decideAnew } from '../../../platform/store/decide-anew';
import type { CollectionSpec, Store, Stored } from '../../../platform/store/store';

const IMPORTS = 'segment_imports';

/** Who is in audiences from elsewhere: a document for each identity, whether anyone has it yet or not. */
export const importsSpec: CollectionSpec = { name: IMPORTS, indexes: [] };

interface ImportDocument {
  /** Audience → until when, in milliseconds, and by which import. */
  readonly audiences: Readonly<Record<string, readonly [untilMs: number, importId: string]>>;
}

/** That an identity is in an audience. */
export interface Import {
  readonly untilMs: number;
  readonly importId: string;
}

/** What an import says of one identity: until when it is in the audience; absent: no more. */
export interface ImportedIdentity {
  /** `namespace|value`. */
  readonly key: string;
  readonly untilMs?: number | undefined;
}

/** Members of audiences from elsewhere, by identity. */
export interface ImportStore {
  /** The audiences that each identity is in at `nowMs`, in the order asked. */
  find(sandbox: string, keys: readonly string[], nowMs: number): Promise<readonly ReadonlyMap<string, Import>[]>;
  /** Puts identities into an audience, or takes them out. */
  save(
    sandbox: string,
    { audience, importId }: { readonly audience: string; readonly importId: string },
    members: readonly ImportedIdentity[],
    nowMs: number,
  ): Promise<void>;
}

/** Over the collection of `importsSpec`. */
export function createImportStore(store: Store): ImportStore {
  const imports = store.collection<ImportDocument>(IMPORTS);
  const saveOnce: ImportStore['save'] = async (sandbox, by, members, nowMs) => {
    const found = await imports.getMany(
      sandbox,
      members.map(({ key }) => key),
    );
    await store.commit({
      sandbox,
      writes: members.map(({ key, untilMs }, index) => ({
        kind: 'put',
        collection: IMPORTS,
        id: key,
        value: withMember(found[index], by, untilMs, nowMs),
        expected: found[index]?.version ?? null,
      })),
    });
  };
  return {
    async find(sandbox, keys, nowMs) {
      if (keys.length === 0) return [];
      const found = await imports.getMany(sandbox, keys);
      return found.map(
        (stored) => new Map(alive(stored, nowMs).map(([id, [untilMs, importId]]) => [id, { untilMs, importId }])),
      );
    },
    save: (...change) => decideAnew(() => () => saveOnce(...change)),
  };
}

function withMember(
  stored: Stored<ImportDocument> | undefined,
  { audience, importId }: { readonly audience: string; readonly importId: string },
  untilMs: number | undefined,
  nowMs: number,
): ImportDocument {
  const others = alive(stored, nowMs).filter(([id]) => id !== audience);
  return {
    audiences: Object.fromEntries(untilMs === undefined ? others : [...others, [audience, [untilMs, importId]]]),
  };
}

function alive(
  stored: Stored<ImportDocument> | undefined,
  nowMs: number,
): readonly [string, ImportDocument['audiences'][string]][] {
  return Object.entries(stored?.value.audiences ?? {}).filter(([, [untilMs]]) => untilMs > nowMs);
}
