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
  const before = await look(client, appName);
  const open = before.filter(({ type, transaction }) => type === 'idleSession' && transaction);
  if (open.length === 0) return;
  // Looked for afterwards, so that a connection which came while one looked is not taken for gone.
  const connections = new Set((await look(client, appName)).map((each) => each.type === 'op' && each.connectionId));
  const abandoned = open.filter(
    ({ connectionId = -1, transaction }) =>
      !connections.has(connectionId) || Number(transaction?.timeOpenMicros) > LONGEST_OPEN_MICROS,
  );
  const killSessions = abandoned.flatMap(({ lsid }) => (lsid ? [{ id: lsid.id }] : []));
  if (killSessions.length > 0) await client.db('admin').command({ killSessions });
}

async function look(client: MongoClient, appName: string): Promise<readonly Idle[]> {
  const all: Document = { idleSessions: true, idleConnections: true };
  // The client's own read concern is not for this.
  const options = { readConcern: { level: 'local' } } as const;
  const pipeline = [{ $currentOp: all }, { $match: { appName } }];
  return client.db('admin').aggregate<Idle>(pipeline, options).toArray();
}
