import type { StatementSyncInstance } from '@photostructure/sqlite';
import { storeClosed } from '../conflict';
import type { Database } from './database';

export type Statement = StatementSyncInstance;

/** Prepared statements, kept by their text. Rows come as arrays. */
export interface Statements {
  of(sql: string): Statement;
}

/** Fails with UNAVAILABLE once the database is closed. */
export function createStatements(database: Database): Statements {
  const kept = new Map<string, Statement>();
  return {
    of(sql) {
      if (!database.isOpen) throw storeClosed();
      let statement = kept.get(sql);
      if (!statement) {
        statement = database.prepare(sql);
        statement.setReturnArrays(true);
        kept.set(sql, statement);
      }
      return statement;
    },
  };
}
