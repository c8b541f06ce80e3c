import type { Document, MongoClient } from 'mongodb';
import type { Log } from '../../log';

interface Idle {
  readonly type: 'op' | 'idleSession' | 'idleCursor';
  readonly connectionId?: number;
  readonly lsid?: { readonly id: unknown };
  readonly transaction?: { readonly timeOpenMicros: number };
}

const LONGEST_OPEN_MICROS = 5_000_000;

/**
 * Ends transactions of this application that nobody will end: those of a process that died in the middle of one. They
 * would hold what they wrote for a minute, the log's heads among it. `appName` names the application and its database;
 * `log` hears when it may not look.
 */
export async function endAbandonedTransactions(client: MongoClient, appName: string, log?: Log): Promise<void> {
  try {
    await endThem(client, appName);
  } catch (error) {
    log?.warn({ error: String(error) }, 'abandoned transactions could not be looked for');
  }
}

async function endThem(client: MongoClient, appName: string): Promise<void> {
  const all: Document = { idleSessions: true, idleConnections: true };
  const found = await client
    .db('admin')
    .aggregate<Idle>([{ $currentOp: all }, { $match: { appName } }], { readConcern: { level: 'local' } })
    .toArray();
  const connections = new Set(found.filter(({ type }) => type === 'op').map(({ connectionId }) => connectionId));
  const abandoned = found.filter(
    ({ type, connectionId, transaction }) =>
      type === 'idleSession' &&
      transaction !== undefined &&
      (!connections.has(connectionId) || transaction.timeOpenMicros > LONGEST_OPEN_MICROS),
  );
  const killSessions = abandoned.flatMap(({ lsid }) => (lsid ? [{ id: lsid.id }] : []));
  if (killSessions.length > 0) await client.db('admin').command({ killSessions });
}
