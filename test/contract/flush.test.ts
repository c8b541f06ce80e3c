import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createGroupCommit, type SerialGroupCommit } from '../../platform/store/group-commit';
import {
  closeDatabase,
  type Database,
  type HeldFolder,
  holdFolder,
  openDatabase,
} from '../../platform/store/sqlite/database';
import { createGroupWriter } from '../../platform/store/sqlite/group-writer';
import { createPacking } from '../../platform/store/sqlite/packed-commit';
import { createSqliteLog, type SqliteLog } from '../../platform/store/sqlite/sqlite-log';
import { createStatements } from '../../platform/store/sqlite/statements';
import { prepareTables } from '../../platform/store/sqlite/tables';
import { createWriteGroups } from '../../platform/store/sqlite/write-groups';
import type { Commit } from '../../platform/store/store';
import { createTemporaryFolder } from '../support/temporary-folder';

const SPECS = [{ name: 'items', indexes: [] }];

const commitOf = (n: number): Commit => ({
  sandbox: 'one',
  writes: [{ kind: 'put', collection: 'items', id: `i${n}`, value: { n } }],
  entries: [{ stream: 'S', key: 'k', id: `${n}`, at: n, body: { n } }],
});

describe('a commit of the embedded store', () => {
  const folder = createTemporaryFolder();
  let held: HeldFolder;
  let database: Database;
  let log: SqliteLog;
  let group: SerialGroupCommit;
  let flushes: { resolve(): void; reject(error: Error): void }[];
  beforeEach(() => {
    held = holdFolder(folder.path, 0);
    database = openDatabase(folder.path, 1024 * 1024);
    prepareTables(database, SPECS);
    const statements = createStatements(database);
    flushes = [];
    const flush = (): Promise<void> => new Promise((resolve, reject) => flushes.push({ resolve, reject }));
    group = createGroupCommit((waiting) => writeGroups(waiting));
    log = createSqliteLog(database, statements, group.alone);
    const pack = createPacking(SPECS, log.tableOf);
    const writeGroups = createWriteGroups({ pack, log, write: createGroupWriter(SPECS, database), flush });
  });
  afterEach(() => {
    closeDatabase(database);
    held.release();
    folder.remove();
  });
  const turns = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await setImmediate();
  };

  test('is acknowledged, and shown in the log, only after it was flushed; those that came meanwhile share the next flush', async () => {
    const order: string[] = [];
    const add = (n: number): Promise<unknown> => group.add(commitOf(n)).then(() => order.push(`acknowledged ${n}`));
    log.onAppend('S', () => order.push('woken'));
    const first = [add(1), add(2)];
    await turns();
    const later = [add(3), add(4)];
    await turns();
    expect([order, flushes.length]).toEqual([[], 1]);
    order.push('flushed');
    flushes[0]?.resolve();
    await Promise.all(first);
    await turns();
    expect([order, flushes.length]).toEqual([['flushed', 'acknowledged 1', 'acknowledged 2', 'woken'], 2]);
    flushes[1]?.resolve();
    await Promise.all(later);
    expect(order.slice(4)).toEqual(['acknowledged 3', 'acknowledged 4']);
  });

  test('fails when the disk does not take it', async () => {
    const failing = group.add(commitOf(1));
    await turns();
    flushes[0]?.reject(new Error('No space is left.'));
    await expect(failing).rejects.toThrow('No space is left.');
  });

  test('that finds the disk full fails with UNAVAILABLE, nothing of it is there, and smaller ones go on', async () => {
    const small = group.add(commitOf(1));
    await turns();
    flushes[0]?.resolve();
    await small;
    const [{ page_count: pages }] = database.prepare('PRAGMA page_count').all() as [{ page_count: number }];
    database.exec(`PRAGMA max_page_count = ${pages + 20}`);
    const text = 'x'.repeat(400_000);
    const large = {
      ...commitOf(2),
      writes: [{ kind: 'put', collection: 'items', id: 'large', value: { text } }],
    } as const;
    const results = await Promise.allSettled([group.add(large), group.add(commitOf(3))]);
    // SQLite gives the whole group up; those who are told so may try again.
    const unavailable = { status: 'rejected', reason: { code: 'UNAVAILABLE', retryable: true } };
    expect(results).toMatchObject([unavailable, unavailable]);
    const again = group.add(commitOf(4));
    await turns();
    flushes[1]?.resolve();
    await again;
    const rows = database.prepare('SELECT id FROM c_items ORDER BY id').all();
    expect(rows).toEqual([{ id: 'i1' }, { id: 'i4' }]);
    expect(await log.head('S')).toEqual([2]);
  });
});
