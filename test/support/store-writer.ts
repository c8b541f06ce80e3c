import type { CollectionSpec, Store, Write } from '../../platform/store/store';
import { type Engine, openAt } from './open-at';

/** What a writer writes: pairs of documents with one number, a counter, and an entry that tells of them. */
export const WRITER_COLLECTIONS: readonly CollectionSpec[] = [
  { name: 'left', indexes: [{ name: 'number', fields: ['number'], unique: true }] },
  { name: 'right', indexes: [{ name: 'lane', fields: ['lane', 'number'] }] },
  { name: 'counters', indexes: [] },
];
export const WRITER_STREAM = 'Written';

/** What the process is told. It answers `ready` when it is loaded, `open` and then every number that was acknowledged. */
export interface WriterOrder {
  readonly engine: Engine;
  readonly address: string;
  /** Its numbers begin after this. */
  readonly after: number;
  /** So many lanes write at the same time. */
  readonly lanes: number;
}

export type WriterReply = 'ready' | 'open' | { readonly acknowledged: number } | { readonly refused: string };

const tell = (reply: WriterReply): void => void process.send?.(reply);

/** The documents and the entry of one number, in one commit. */
function commitNumber(store: Store, lane: string, number: number, counted: number): Promise<void> {
  const put = (collection: string, id: string, value: object, expected?: number | null): Write => ({
    kind: 'put',
    collection,
    id,
    value,
    ...(expected === undefined ? {} : { expected }),
  });
  const text = 'x'.repeat(number % 3000);
  return store.commit({
    sandbox: 'one',
    writes: [
      put('left', `${number}`, { number, text }, null),
      put('right', `${number}`, { lane, number, text }, null),
      put('counters', lane, { counted: counted + 1, last: number }, counted === 0 ? null : counted),
    ],
    entries: [{ stream: WRITER_STREAM, key: lane, id: `${number}`, at: number, body: { number, text } }],
  });
}

async function writeOn(store: Store, order: WriterOrder): Promise<void> {
  let next = order.after;
  const write = async (lane: string): Promise<void> => {
    const counter = await store.collection('counters').get('one', lane);
    for (let counted = counter?.version ?? 0; ; counted++) {
      next += 1;
      const number = next;
      await commitNumber(store, lane, number, counted);
      tell({ acknowledged: number });
    }
  };
  await Promise.all(Array.from({ length: order.lanes }, (_, at) => write(`lane${at}`)));
}

async function begin(order: WriterOrder): Promise<void> {
  const store = await openAt(order.engine, order.address, WRITER_COLLECTIONS);
  tell('open');
  await writeOn(store, order);
}

if (require.main === module) {
  process.once('message', (order: WriterOrder) => {
    begin(order).catch((error) => tell({ refused: `${error.code}: ${error.message}` }));
  });
  process.once('disconnect', () => process.exit());
  tell('ready');
}
