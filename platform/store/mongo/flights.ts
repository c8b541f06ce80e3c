import { storeClosed } from '../conflict';
import type { GroupCommit, WaitingCommit } from '../group-commit';
import type { Commit } from '../store';
import { rowId } from './rows';

interface Waiting extends WaitingCommit {
  readonly size: number;
  /** What no other commit under way may touch. */
  readonly documents: readonly string[];
  /** Whose entries must keep their order. */
  readonly keys: readonly string[];
}

// While it waits for the server, the next transactions are made; more of them at once gain nothing.
const MOST_AT_ONCE = 3;
// Few writes rather wait for those under way, and go together with what comes meanwhile.
const WORTH_ITS_OWN = 256;
// Bounds how long a transaction holds what others may want.
const MOST_WRITES = 2048;

/**
 * Gathers commits that wait at the same time, so that they share one transaction. A few such groups are under way at
 * once, never with a document, or a key of the log, in common: those go in order of arrival.
 */
export function createFlights(fly: (group: readonly WaitingCommit[]) => Promise<void>): GroupCommit {
  let waiting: Waiting[] = [];
  const busy = new Set<string>();
  const underWay = new Set<Promise<void>>();
  let scheduled = false;
  let closed = false;

  const start = (group: readonly Waiting[]): void => {
    const taken = new Set(group);
    waiting = waiting.filter((each) => !taken.has(each));
    const names = group.flatMap(({ documents, keys }) => [...documents, ...keys]);
    for (const name of names) busy.add(name);
    const flight = fly(group)
      .catch((error: unknown) => {
        for (const { reject } of group) reject(error);
      })
      .finally(() => {
        underWay.delete(flight);
        for (const name of names) busy.delete(name);
        schedule();
      });
    underWay.add(flight);
  };
  const startAll = (): void => {
    scheduled = false;
    while (underWay.size < MOST_AT_ONCE) {
      const group = takeGroup(waiting, busy);
      const size = group.reduce((sum, each) => sum + each.size, 0);
      if (size === 0 || (underWay.size > 0 && size < WORTH_ITS_OWN)) return;
      start(group);
    }
  };
  // Everything that the sockets brought in this turn of the event loop joins in.
  const schedule = (): void => {
    if (scheduled || waiting.length === 0) return;
    scheduled = true;
    setImmediate(startAll);
  };

  return {
    add: (commit) =>
      new Promise<void>((resolve, reject) => {
        if (closed) return reject(storeClosed());
        waiting.push({ commit, resolve, reject, ...namesOf(commit) });
        schedule();
      }),
    async close() {
      closed = true;
      while (waiting.length > 0 || underWay.size > 0) {
        await Promise.all(underWay);
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    },
  };
}

function namesOf({ sandbox, writes, entries = [] }: Commit): Pick<Waiting, 'size' | 'documents' | 'keys'> {
  return {
    size: writes.length + entries.length,
    documents: writes.map(({ collection, id }) => `${collection}|${rowId(sandbox, id)}`),
    keys: [...new Set(entries.map(({ stream, key }) => `\0${stream}|${rowId(sandbox, key)}`))],
  };
}

// A transaction cannot hold two commits that write the same document: each must see what the one before it left.
function takeGroup(waiting: readonly Waiting[], busy: ReadonlySet<string>): readonly Waiting[] {
  const group: Waiting[] = [];
  const held = new Set<string>();
  const written = new Set<string>();
  let writes = 0;
  for (const each of waiting) {
    const { size, documents, keys } = each;
    if (group.length > 0 && writes + size > MOST_WRITES) break;
    const names = [...documents, ...keys];
    if (documents.some((name) => written.has(name)) || names.some((name) => busy.has(name) || held.has(name))) {
      for (const name of names) held.add(name);
      continue;
    }
    group.push(each);
    writes += size;
    for (const name of documents) written.add(name);
  }
  return group;
}
