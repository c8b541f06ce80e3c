import type { StatementSyncInstance } from '@photostructure/sqlite';
import { storeClosed } from '../conflict';
import type { Database } from './database';

export type Statement = StatementSyncInstance;

/**
 * The hole for a statement's limit. A bare one would have SQLite prepare the statement anew whenever a value is bound to it,
 * as the limit may tell it another plan: that takes longer than most reads.
 */
export const HOLE_OF_LIMIT = '0 + ?';

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
