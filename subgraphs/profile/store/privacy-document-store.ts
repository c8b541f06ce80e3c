import type { Store, Write } from '../../../platform/store/store';
import { privacyDocumentsSpec } from './collections';

interface DocumentPart {
  readonly text: string;
  readonly atMs: number;
}

/** Documents of privacy jobs, in parts that every engine can hold. */
export interface PrivacyDocumentStore {
  /** True when the document of a job is kept. */
  isThere(sandbox: string, job: string): Promise<boolean>;
  /** The parts of a job's document, one after another; none when it is not kept. */
  read(sandbox: string, job: string): AsyncIterable<string>;
  toWrites(job: string, text: string, nowMs: number): readonly Write[];
  /** Removes the document of a job. */
  removals(sandbox: string, job: string): Promise<readonly Write[]>;
  /** Removes documents from before an instant. */
  olderThan(sandbox: string, beforeMs: number): Promise<readonly Write[]>;
}

const PART_CHARACTERS = 512 * 1024;
const MOST_PARTS = 10_000;

/** Over the store's collection. */
export function createPrivacyDocumentStore(store: Store): PrivacyDocumentStore {
  const collection = store.collection<DocumentPart>(privacyDocumentsSpec.name);
  const name = (job: string, part: number): string => `${job}|${String(part).padStart(6, '0')}`;
  const toRemoval = ({ id }: { readonly id: string }): Write => ({ kind: 'delete', collection: collection.name, id });
  return {
    isThere: async (sandbox, job) => (await collection.get(sandbox, name(job, 0))) !== undefined,
    async *read(sandbox, job) {
      for (let part = 0; ; part += 1) {
        const found = await collection.get(sandbox, name(job, part));
        if (!found) return;
        yield found.value.text;
      }
    },
    toWrites(job, text, nowMs) {
      const parts = Math.max(1, Math.ceil(text.length / PART_CHARACTERS));
      return Array.from({ length: parts }, (_, part): Write => {
        const value: DocumentPart = { text: cut(text, part), atMs: nowMs };
        return { kind: 'put', collection: collection.name, id: name(job, part), value };
      });
    },
    async removals(sandbox, job) {
      const page = await collection.scan(sandbox, { after: `${job}|`, limit: MOST_PARTS });
      return page.filter(({ id }) => id.startsWith(`${job}|`)).map(toRemoval);
    },
    async olderThan(sandbox, beforeMs) {
      const upper = { values: [beforeMs], inclusive: false };
      return (await collection.range(sandbox, { index: 'at', upper, limit: MOST_PARTS })).map(toRemoval);
    },
  };
}

function cut(text: string, part: number): string {
  return text.slice(part * PART_CHARACTERS, (part + 1) * PART_CHARACTERS);
}
