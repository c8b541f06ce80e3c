import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Attune, createAttune } from '../../app/attune';
import { runApply } from '../../app/cli/apply/run-apply';
import { createInProcessTarget } from '../../app/cli/import/in-process-target';
import { runImport } from '../../app/cli/import/run-import';
import { createLog } from '../../platform/log';
import { createManualClock } from '../support/manual-clock';
import { createTemporaryFolder } from '../support/temporary-folder';
import { membersOf } from './members';
import { nearestToThreshold, PLAIN, plainMembers } from './plain-answers';
import { hasRetailFile, RETAIL_FILE, type Retail, readRetail } from './retail-file';
import { createStagedTarget } from './staged-target';

const EXAMPLE = 'examples/online-retail';
const INSTANTS = ['2011-03-31T00:00:00Z', '2011-09-15T12:00:00Z', '2011-12-09T12:50:01Z'].map((at) => Date.parse(at));
const MINUTES = 60_000;

(hasRetailFile() ? describe : describe.skip)('half a million real order lines', () => {
  const place = createTemporaryFolder();
  const clock = createManualClock(INSTANTS[0]);
  let attune: Attune;
  let retail: Retail;

  beforeAll(async () => {
    retail = await readRetail();
    const store = { kind: 'embedded', folder: `${place.path}/data` } as const;
    attune = await createAttune({ store, clock, log: createLog('error') });
    const { execute, adminKey } = attune;
    const { refused } = await runApply({
      folder: `${EXAMPLE}/configuration`,
      ask: (query, variables = {}) => execute({ query, variables, key: adminKey }),
    });
    expect(refused).toEqual([]);
  }, 2 * MINUTES);

  afterAll(async () => {
    await attune.close();
    place.remove();
  }, MINUTES);

  it(
    'P-6 S-7 S-10 go in whole, and ten segments at three instants hold exactly whom a plain computation finds',
    async () => {
      const target = createStagedTarget(createInProcessTarget(attune.ingestion, clock), clock, INSTANTS, compare);
      const { counts } = await runImport({
        ...{ file: RETAIL_FILE, dataset: 'retail', mapping: `${EXAMPLE}/mapping.yaml` },
        ...{ target, clock, stateFolder: place.path, atOnce: 1 },
      });
      await target.end();
      expect([retail.lines, retail.withoutCustomer]).toEqual([541_909, 135_080]);
      expect(counts).toEqual({ rows: 541_909, accepted: 406_829, duplicates: 0, refused: 135_080, skipped: {} });
      expect(clock.now()).toBe(INSTANTS.at(-1));
    },
    10 * MINUTES,
  );

  it(
    'P-7 S-6 are of 4,372 people: a segment made afterwards is filled with all of them',
    async () => {
      const input = { id: 'everybody', name: 'Everybody', rule: 'xEvent.count() >= 1', publish: true };
      const query = 'mutation ($input: SegmentInput!) { putSegment(input: $input) { segment { id } } }';
      const { errors } = await attune.execute({ query, variables: { input }, key: attune.adminKey });
      expect(errors).toBeUndefined();
      await attune.idle();
      expect(retail.customers.size).toBe(4_372);
      expect(await membersOf(attune, 'everybody')).toEqual(new Set(retail.customers.keys()));
    },
    2 * MINUTES,
  );

  async function compare(atMs: number): Promise<void> {
    await attune.idle();
    // Else the order in which numbers are added could tell.
    expect(nearestToThreshold(retail.customers, atMs)).toBeGreaterThan(0.01);
    for (const segment of Object.keys(PLAIN)) {
      const plain = plainMembers(retail.customers, segment, atMs);
      const found = await membersOf(attune, segment);
      const missing = [...plain].filter((id) => !found.has(id));
      const surplus = [...found].filter((id) => !plain.has(id));
      const at = new Date(atMs).toISOString();
      expect([at, segment, missing, surplus]).toEqual([at, segment, [], []]);
      expect([at, segment, await countOf(attune, segment)]).toEqual([at, segment, plain.size]);
    }
  }
});

async function countOf({ execute, adminKey }: Attune, id: string): Promise<number> {
  const query = 'query ($id: ID!) { segment(id: $id) { counts { realized } } }';
  const { data } = await execute({ query, variables: { id }, key: adminKey });
  return (data as { segment: { counts: { realized: number } } }).segment.counts.realized;
}
