import { type AnyBulkWriteOperation, type ClientSession, type Db, type Document, MongoBulkWriteError } from 'mongodb';
import type { Operation } from './row-writes';
import type { Row, Rows } from './rows';

/** The server refused one of several writes; `index` is its place among them. */
export class RefusedWrite extends Error {
  constructor(
    readonly index: number,
    readonly code: number,
    message: string,
  ) {
    super(message);
  }
}

type Kind = 'insert' | 'update' | 'delete';

/** Consecutive operations of one kind, as the server takes them. */
interface Run {
  readonly kind: Kind;
  /** The place of the first of them. */
  readonly start: number;
  readonly statements: Document[];
  units: number;
}

// A command must stay below 48 MB, its own document below 16; text takes up to three bytes a unit.
const MOST_UNITS = 5_000_000;
const STATEMENTS = { insert: 'documents', update: 'updates', delete: 'deletes' } as const;

/**
 * Writes in order within the session's transaction; answers with how many documents the updates met. The driver's own
 * bulk write would turn each operation into BSON twice. Fails with RefusedWrite.
 */
export async function runOperations(
  database: Db,
  collection: string,
  operations: readonly Operation[],
  session: ClientSession,
): Promise<number> {
  let met = 0;
  for (const { kind, start, statements } of toRuns(operations)) {
    const answer = await database.command(
      { [kind]: collection, [STATEMENTS[kind]]: statements, ordered: true },
      { session },
    );
    const refused = answer.writeErrors?.[0];
    if (refused) throw new RefusedWrite(start + refused.index, refused.code, refused.errmsg);
    if (kind === 'update') met += answer.n;
  }
  return met;
}

/** Writes one document, durably, without a transaction; answers with how many it met. Fails with RefusedWrite. */
export async function runAlone(rows: Rows, operation: Operation): Promise<number> {
  try {
    const { matchedCount, upsertedCount, insertedCount, deletedCount } = await rows.bulkWrite([toBulk(operation)]);
    return matchedCount + upsertedCount + insertedCount + deletedCount;
  } catch (error) {
    const [refused] = error instanceof MongoBulkWriteError ? [error.writeErrors].flat() : [];
    throw refused ? new RefusedWrite(0, refused.code, refused.errmsg ?? '') : error;
  }
}

function toBulk(operation: Operation): AnyBulkWriteOperation<Row> {
  if (operation.kind === 'insert') return { insertOne: { document: operation.document as Row } };
  if (operation.kind === 'delete') return { deleteOne: { filter: operation.filter } };
  const { filter, update, upsert } = operation;
  return { updateOne: { filter, update, upsert } };
}

function toRuns(operations: readonly Operation[]): readonly Run[] {
  const runs: Run[] = [];
  operations.forEach((operation, start) => {
    const { kind, units } = operation;
    const last = runs.at(-1);
    if (last?.kind !== kind || last.units + units > MOST_UNITS) {
      runs.push({ kind, start, statements: [toStatement(operation)], units });
      return;
    }
    last.statements.push(toStatement(operation));
    last.units += units;
  });
  return runs;
}

function toStatement(operation: Operation): Document {
  if (operation.kind === 'insert') return operation.document;
  if (operation.kind === 'delete') return { q: operation.filter, limit: 1 };
  return { q: operation.filter, u: operation.update, upsert: operation.upsert };
}
