import type { Clock } from '../../../platform/clock';
import { createOrderedBatches } from './batches';
import { type Checkpoint, type Counts, removeCheckpoint, writeCheckpoint } from './checkpoint';
import type { ImportProgress } from './import-progress';
import type { RowReader } from './read-rows';
import type { Refusal } from './refusal';
import type { RefusalReport } from './refusal-report';
import type { MappedRow } from './row-mapper';
import type { RowMapping } from './row-mapping';
import type { ImportTarget, ItemAnswer } from './target';

/** One run of an import, from a checkpoint on. */
export interface Run {
  readonly dataset: string;
  readonly target: ImportTarget;
  readonly clock: Clock;
  readonly reader: RowReader;
  readonly mapRows: RowMapping;
  readonly report: RefusalReport;
  readonly from: Checkpoint;
  /** The checkpoint's path. */
  readonly checkpoint: string;
  readonly signal?: AbortSignal | undefined;
  readonly batchRows?: number | undefined;
  readonly atOnce?: number | undefined;
  readonly progress?: ((resumedRows: number) => ImportProgress) | undefined;
}

interface Batch {
  rows: number;
  readonly items: { readonly line: number; readonly item: unknown }[];
  readonly refusals: Refusal[];
  readonly skipped: Record<string, number>;
}

const CHECKPOINT_EVERY_MS = 500;

/** Sends the rows that are not in yet. Whatever ends it, the checkpoint holds what was acknowledged. */
export async function sendRows(run: Run): Promise<{ readonly finished: boolean; readonly counts: Counts }> {
  const { batchRows = 1000, atOnce = 4, signal } = run;
  const settling = createSettling(run);
  const batches = createOrderedBatches(atOnce, (batch: Batch) => ingest(run, batch), settling.settle);
  try {
    let batch = newBatch();
    for await (const mapped of unsentRows(run)) {
      take(batch, mapped);
      if (batch.rows < batchRows) continue;
      await batches.add(batch);
      batch = newBatch();
      if (signal?.aborted) break;
    }
    const finished = !signal?.aborted;
    if (finished && batch.rows > 0) await batches.add(batch);
    await batches.drain();
    return { finished, counts: await settling.end(finished) };
  } catch (error) {
    await batches.drain().catch(() => {});
    await settling.end(false);
    throw error;
  }
}

function newBatch(): Batch {
  return { rows: 0, items: [], refusals: [], skipped: {} };
}

async function* unsentRows({ reader, mapRows, from }: Run): AsyncGenerator<MappedRow> {
  let row = 0;
  for await (const rows of reader.rows()) {
    for (const source of rows) {
      const mapped = mapRows(source);
      if (mapped === undefined) continue;
      row += 1;
      if (row > from.counts.rows) yield mapped;
    }
  }
}

function take(batch: Batch, mapped: MappedRow): void {
  batch.rows += 1;
  if (mapped.kind === 'item') batch.items.push(mapped);
  else if (mapped.kind === 'refused') batch.refusals.push(mapped);
  else batch.skipped[mapped.reason] = (batch.skipped[mapped.reason] ?? 0) + 1;
}

async function ingest({ target, dataset }: Run, { items }: Batch): Promise<readonly ItemAnswer[]> {
  if (items.length === 0) return [];
  return target.ingest(
    dataset,
    items.map(({ item }) => item),
  );
}

function createSettling({ clock, report, from, checkpoint, reader, progress }: Run) {
  const shown = progress?.(from.counts.rows);
  let { counts } = from;
  let savedMs = clock.now();
  const save = async (): Promise<void> => {
    await report.sync();
    await writeCheckpoint(checkpoint, { identity: from.identity, counts, reportBytes: report.bytes });
    savedMs = clock.now();
  };
  return {
    async settle(batch: Batch, answers: readonly ItemAnswer[]): Promise<void> {
      const refusals = [...batch.refusals, ...rejected(batch, answers)].sort((a, b) => a.line - b.line);
      await report.append(refusals);
      counts = add(counts, batch, answers, refusals.length);
      shown?.update({ part: reader.readBytes() / Math.max(1, reader.sizeBytes), counts });
      if (clock.now() - savedMs >= CHECKPOINT_EVERY_MS) await save();
    },
    /** Leaves a checkpoint, or none when all is in or nothing is. */
    async end(finished: boolean): Promise<Counts> {
      shown?.stop();
      if (finished || counts.rows === 0) await removeCheckpoint(checkpoint);
      else await save();
      return counts;
    },
  };
}

function rejected({ items }: Batch, answers: readonly ItemAnswer[]): readonly Refusal[] {
  return answers.flatMap(({ status, code = 'REJECTED', path, message = 'The item was refused.' }, index) => {
    const line = items[index]?.line ?? 0;
    return status === 'REJECTED' ? [{ line, code, ...(path ? { path } : {}), message }] : [];
  });
}

function add(before: Counts, batch: Batch, answers: readonly ItemAnswer[], refused: number): Counts {
  const skipped: Record<string, number> = { ...before.skipped };
  for (const [reason, count] of Object.entries(batch.skipped)) skipped[reason] = (skipped[reason] ?? 0) + count;
  return {
    rows: before.rows + batch.rows,
    accepted: before.accepted + answers.filter(({ status }) => status === 'ACCEPTED').length,
    duplicates: before.duplicates + answers.filter(({ status }) => status === 'DUPLICATE').length,
    refused: before.refused + refused,
    skipped,
  };
}
