import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DateTime, Duration } from 'luxon';
import type { ItemsIn } from '../import/in-process-target';

const FILES = [
  ['crm', 'crm.ndjson'],
  ['receipts', 'receipts.ndjson'],
  ['web', 'web.ndjson'],
] as const;

/**
 * Takes the demo's visitors in. A time such as `-PT40M` in the files is so long before now. Fails when one of them is
 * refused: the files are ours.
 */
export async function takeVisitorsIn(folder: string, ingestion: ItemsIn, nowMs: number): Promise<void> {
  for (const [dataset, file] of FILES) {
    const lines = (await readFile(join(folder, file), 'utf8')).split('\n').filter(Boolean);
    const items = lines.map((line) => placeInTime(JSON.parse(line) as Item, nowMs));
    const answers = await ingestion.ingest('default', dataset, items, nowMs);
    const refused = answers.find(({ status }) => status === 'REJECTED');
    if (refused) throw new Error(`${file}: ${refused.id} was refused. ${refused.message}`);
  }
}

interface Item {
  readonly timestamp: string;
  readonly [field: string]: unknown;
}

function placeInTime(item: Item, nowMs: number): Item {
  if (!item.timestamp.startsWith('-P')) return item;
  const at = DateTime.fromMillis(nowMs, { zone: 'UTC' }).minus(Duration.fromISO(item.timestamp.slice(1)));
  return { ...item, timestamp: at.toISO() ?? item.timestamp };
}
