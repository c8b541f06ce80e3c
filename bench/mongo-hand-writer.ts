import { type AnyBulkWriteOperation, type Document, MongoClient } from 'mongodb';
import { openMongoStore } from '../platform/store/mongo/open-mongo-store';
import type { CollectionSpec, Commit, Write } from '../platform/store/store';
import { profileCollections } from '../subgraphs/profile';
import { measure, type Rate } from './ingest-load';

/** What a person would write by hand to have the same documents in MongoDB, durably. */
export interface HandWriter {
  /** Writes what these commits wrote, which came from `items` items. */
  write(commits: readonly Commit[], items: number): Promise<Rate>;
  /** Processor time that the server has used. */
  mongodMicros(): Promise<number>;
  close(): Promise<void>;
}

/**
 * One unordered `bulkWrite` a collection and batch, all collections at once: no transaction, no version, no position.
 * The indexes are the store's.
 */
export async function openHandWriter(uri: string): Promise<HandWriter> {
  await (await openMongoStore({ uri, collections: profileCollections })).close();
  const client = await new MongoClient(uri).connect();
  const specOf = new Map(profileCollections.map((spec) => [spec.name, spec]));
  const options = { ordered: false, writeConcern: { w: 'majority', journal: true } } as const;
  let position = 0;

  const toOperation = (sandbox: string, write: Write): AnyBulkWriteOperation<Row> => {
    const _id = `${sandbox}|${write.id}`;
    if (write.kind === 'delete') return { deleteOne: { filter: { _id } } };
    const document = { _id, ...toRow(sandbox, write, specOf.get(write.collection)) };
    if (write.expected === null) return { insertOne: { document } };
    return { replaceOne: { filter: { _id }, replacement: document, upsert: true } };
  };
  const send = async ({ sandbox, writes, entries = [] }: Commit): Promise<void> => {
    const operations = new Map<string, AnyBulkWriteOperation<Row>[]>();
    const add = (collection: string, operation: AnyBulkWriteOperation<Row>): void => {
      const own = operations.get(collection);
      if (own) own.push(operation);
      else operations.set(collection, [operation]);
    };
    for (const write of writes) add(`c_${write.collection}`, toOperation(sandbox, write));
    for (const { stream: t, key: k, id, at, body } of entries) {
      position += 1;
      const _id = `${t}|${String(position).padStart(15, '0')}`;
      add('log_entries', {
        insertOne: { document: { _id, t, s: sandbox, k, n: position, id, at, b: JSON.stringify(body) } },
      });
    }
    const work = [...operations].map(([name, own]) => client.db().collection<Row>(name).bulkWrite(own, options));
    await Promise.all(work);
  };

  return {
    write: (commits, items) =>
      measure(
        commits.map((commit) => [commit]),
        async (batch) => void (await Promise.all(batch.map(send))),
        undefined,
        items,
      ),
    async mongodMicros() {
      const { extra_info: used } = await client.db('admin').command({ serverStatus: 1 });
      return Number(used.user_time_us) + Number(used.system_time_us);
    },
    close: () => client.close(),
  };
}

type Row = { readonly _id: string } & Document;

function toRow(sandbox: string, { id, ...write }: Write & { kind: 'put' }, spec: CollectionSpec | undefined): Document {
  const value = write.value as Readonly<Record<string, unknown>>;
  const fields = [...new Set(spec?.indexes.flatMap((index) => index.fields))].filter((field) => value[field] != null);
  const indexed = Object.fromEntries(fields.map((field) => [`f_${field}`, value[field]]));
  return { s: sandbox, k: id, v: 1, b: write.json ?? JSON.stringify(value), ...indexed };
}
