import type { Cause, ProfileChanged } from '../../../flow/events';
import type { ProfileIdentity, ProfileReader } from '../../../flow/ports';
import type { Imported } from '../domain/evaluate-profile';
import type { Import, ImportStore } from '../store/import-store';

/** By what a profile could be named in audiences from elsewhere. */
export interface ImportQuestion {
  readonly profileId: string;
  readonly changes: readonly ProfileChanged[];
  /** All of its identities, where they were read. */
  readonly identities: readonly ProfileIdentity[] | undefined;
  /** Set when all of its identities are to be asked for. */
  readonly importCause?: Cause | undefined;
}

interface Named {
  readonly keys: readonly string[];
  readonly isWhole: boolean;
  /** What moves into all of them; absent: the import that named them. */
  readonly cause: Cause | undefined;
}

/** The audiences that name each profile, in the order asked; `undefined` where nothing new could name it. */
export async function findImports(
  profiles: ProfileReader,
  imports: ImportStore,
  sandbox: string,
  questions: readonly ImportQuestion[],
  nowMs: number,
): Promise<readonly (Imported | undefined)[]> {
  const unread = questions.filter(({ importCause, identities }) => importCause && !identities);
  const read = await readIdentities(profiles, sandbox, unread);
  const named = questions.map((question) => namesOf(question, read.get(question.profileId)));
  const keys = [...new Set(named.flatMap((names) => names?.keys ?? []))];
  const found = await imports.find(sandbox, keys, nowMs);
  const byKey = new Map(keys.map((key, index) => [key, found[index]]));
  return named.map((names) => {
    if (!names) return undefined;
    const all = new Map<string, Import>();
    for (const [id, known] of names.keys.flatMap((key) => [...(byKey.get(key) ?? [])])) {
      if (known.untilMs > (all.get(id)?.untilMs ?? 0)) all.set(id, known);
    }
    return {
      imports: new Map([...all].map(([id, { untilMs }]) => [id, untilMs])),
      isWhole: names.isWhole,
      causeOf: (id) => names.cause ?? toCause(all.get(id)),
    };
  });
}

function namesOf(question: ImportQuestion, read: readonly ProfileIdentity[] | undefined): Named | undefined {
  const { changes, importCause } = question;
  const identities = question.identities ?? read;
  const rebuilt = changes.findLast((change) => change.rebuilt);
  const cause = importCause ?? rebuilt?.cause;
  if (identities) {
    return { keys: identities.map(({ namespace, value }) => `${namespace}|${value}`), isWhole: true, cause };
  }
  const keys = changes.flatMap((change) => change.identities ?? []);
  return keys.length > 0 ? { keys, isWhole: false, cause } : undefined;
}

function toCause(known: Import | undefined): Cause {
  return { kind: 'IMPORT', ...(known && { reference: known.importId }) };
}

async function readIdentities(
  profiles: ProfileReader,
  sandbox: string,
  questions: readonly ImportQuestion[],
): Promise<ReadonlyMap<string, readonly ProfileIdentity[]>> {
  if (questions.length === 0) return new Map();
  const found = await profiles.getMany(
    sandbox,
    questions.map(({ profileId }) => profileId),
  );
  return new Map(found.flatMap((snapshot) => (snapshot ? [[snapshot.id, snapshot.identities]] : [])));
}
