import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Attune, createAttune } from '../../app/attune';
import { runApply } from '../../app/cli/apply/run-apply';
import { createInProcessTarget } from '../../app/cli/import/in-process-target';
import { type ImportOutcome, runImport } from '../../app/cli/import/run-import';
import { createLog } from '../../platform/log';
import { createManualClock } from '../support/manual-clock';
import { createTemporaryFolder } from '../support/temporary-folder';
import { membersOf } from './members';
import { nearestToThreshold, PLAIN, plainMembers } from './plain-answers';
import { hasRetailFile, RETAIL_FILE, type Retail, readRetail } from './retail-file';

const EXAMPLE = 'examples/online-retail';
const INSTANTS = ['2011-03-31T00:00:00Z', '2011-09-15T12:00:00Z', '2011-12-09T12:50:01Z'];
const [FIRST = ''] = INSTANTS;

(hasRetailFile() ? describe : describe.skip)('half a million real order lines', () => {
  const place = createTemporaryFolder();
  const clock = createManualClock(Date.parse(FIRST));
  let attune: Attune;
  let retail: Retail;
  let outcome: ImportOutcome;

  beforeAll(async () => {
    retail = await readRetail();
    const store = { kind: 'embedded', folder: `${place.path}/data` } as const;
    attune = await createAttune({ store, clock, log: createLog('error') });
    const { execute, adminKey } = attune;
    const applied = await runApply({
      folder: `${EXAMPLE}/configuration`,
      ask: (query, variables = {}) => execute({ query, variables, key: adminKey }),
    });
    expect(applied.refused).toEqual([]);
    outcome = await runImport({
      file: RETAIL_FILE,
      dataset: 'retail',
      mapping: `${EXAMPLE}/mapping.yaml`,
      target: createInProcessTarget(attune.ingestion, clock),
      clock,
      stateFolder: place.path,
    });
    await attune.idle();
  }, 600_000);

  afterAll(async () => {
    await attune.close();
    place.remove();
  }, 60_000);

  it('P-6 every line with a customer is in, every other one is listed with its reason', () => {
    expect([retail.lines, retail.withoutCustomer, retail.customers.size]).toEqual([541_909, 135_080, 4_372]);
    expect(outcome.counts).toEqual({
      rows: retail.lines,
      accepted: retail.lines - retail.withoutCustomer,
      duplicates: 0,
      refused: retail.withoutCustomer,
      skipped: {},
    });
  });

  it('S-7 S-10 ten segments at three instants hold exactly whom a plain computation finds', async () => {
    for (const instant of INSTANTS) {
      const nowMs = Date.parse(instant);
      clock.moveTo(nowMs);
      await attune.idle();
      expect(nearestToThreshold(retail.customers, nowMs)).toBeGreaterThan(0.01);
      for (const segment of Object.keys(PLAIN)) {
        const plain = plainMembers(retail.customers, segment, nowMs);
        const found = await membersOf(attune, segment);
        const differing = [...plain].filter((id) => !found.has(id)).concat([...found].filter((id) => !plain.has(id)));
        expect([instant, segment, differing]).toEqual([instant, segment, []]);
        expect([instant, segment, await countOf(attune, segment)]).toEqual([instant, segment, plain.size]);
      }
    }
  }, 600_000);

  it('P-7 S-6 a segment made afterwards is filled with everybody: the customers of the file are the people there are', async () => {
    const input = { id: 'everybody', name: 'Everybody', rule: 'xEvent.count() >= 1', publish: true };
    const query = 'mutation ($input: SegmentInput!) { putSegment(input: $input) { segment { id } } }';
    const { errors } = await attune.execute({ query, variables: { input }, key: attune.adminKey });
    expect(errors).toBeUndefined();
    await attune.idle();
    expect(await membersOf(attune, 'everybody')).toEqual(new Set(retail.customers.keys()));
  }, 120_000);
});

async function countOf({ execute, adminKey }: Attune, id: string): Promise<number> {
  const query = 'query ($id: ID!) { segment(id: $id) { counts { realized } } }';
  const { data } = await execute({ query, variables: { id }, key: adminKey });
  return (data as { segment: { counts: { realized: number } } }).segment.counts.realized;
}
