import type { CollectionSpec } from '../store';
import type { Database } from './database';
import { toAppError } from './disk-errors';
import { createDocumentWriter } from './document-writer';
import type { PackedCommit, PackedGroup } from './packed-commit';
import { createStatements } from './statements';

/** How a commit ended: nothing where it was written, else why not. */
export type Written = { readonly failure?: unknown };

/**
 * Writes a group of commits in one transaction. Conflicts are rare, so the first try runs without savepoints; when one
 * commit conflicts, the group is rolled back and run again with a savepoint each, so that the guilty fail alone.
 */
export function createGroupWriter(
  specs: readonly CollectionSpec[],
  database: Database,
): (group: PackedGroup) => readonly Written[] {
  const statements = createStatements(database);
  const writers = new Map(specs.map((spec) => [spec.name, createDocumentWriter(spec, statements)]));
  const run = (sql: string): void => void statements.of(sql).run();

  const append = (heads: Map<string, number>, { sandbox, entries }: PackedCommit): void => {
    for (const [table, key, id, at, body] of entries) {
      const position = (heads.get(table) ?? 0) + 1;
      statements.of(insertInto(table)).run(position, sandbox, key, id, at, body);
      heads.set(table, position);
    }
  };
  const apply = (heads: Map<string, number>, commit: PackedCommit): void => {
    for (const write of commit.writes) writers.get(write[0])?.(commit.sandbox, write);
    append(heads, commit);
  };
  const inTransaction = <T>(work: () => T): T => {
    run('BEGIN IMMEDIATE');
    try {
      const result = work();
      run('COMMIT');
      return result;
    } catch (error) {
      if (database.isTransaction) run('ROLLBACK');
      throw error;
    }
  };

  const together = ({ commits, heads }: PackedGroup): readonly Written[] =>
    inTransaction(() => {
      const next = new Map(heads);
      for (const commit of commits) apply(next, commit);
      return commits.map(() => DONE);
    });

  const oneByOne = ({ commits, heads }: PackedGroup): readonly Written[] =>
    inTransaction(() => {
      let next = new Map(heads);
      return commits.map((commit) => {
        const tried = new Map(next);
        run('SAVEPOINT one');
        try {
          apply(tried, commit);
          run('RELEASE one');
          next = tried;
          return DONE;
        } catch (error) {
          // A full disk may have ended the whole transaction.
          if (!database.isTransaction) throw error;
          run('ROLLBACK TO one');
          run('RELEASE one');
          return { failure: toAppError(error) };
        }
      });
    });

  return (group) => {
    try {
      return together(group);
    } catch (error) {
      if (group.commits.length === 1) return [{ failure: toAppError(error) }];
    }
    try {
      return oneByOne(group);
    } catch (error) {
      return group.commits.map(() => ({ failure: toAppError(error) }));
    }
  };
}

const DONE: Written = {};

function insertInto(table: string): string {
  return `INSERT INTO ${table} (position, sandbox, key, id, at, body) VALUES (?, ?, ?, ?, ?, ?)`;
}
