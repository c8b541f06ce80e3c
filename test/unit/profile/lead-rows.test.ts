import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { leadRows } from '../../../subgraphs/profile/domain/lead-rows';

const RUNS = process.env.ATTUNE_TEST_LONG === '1' ? 20_000 : 500;
const KEYS = Array.from({ length: 8 }, (_, index) => `ECID|${index}`);

/** Whose each identity is, what its row names, and what became of profiles that ended. */
interface World {
  owners: ReadonlyMap<string, string>;
  readonly rows: Map<string, string>;
  readonly endings: Map<string, string>;
  writes: number;
}

const newWorld = (): World => ({
  owners: new Map(KEYS.map((key) => [key, key])),
  rows: new Map(KEYS.map((key) => [key, key])),
  endings: new Map(),
  writes: 0,
});

function resolve({ rows, endings }: World, key: string): string | undefined {
  let id = rows.get(key);
  for (let next = id; next !== undefined; next = endings.get(next)) id = next;
  return id;
}

// Who lost all identities to others ends in whom the first of them went to.
function regroup(world: World, groups: readonly number[], step: number): void {
  const before = world.owners;
  const ids = new Map<number, string>();
  const taken = new Set<string>();
  KEYS.forEach((key, index) => {
    const group = groups[index] ?? 0;
    if (ids.has(group)) return;
    const claimed = before.get(key) ?? '';
    ids.set(group, taken.has(claimed) ? `new ${step} ${group}` : claimed);
    taken.add(claimed);
  });
  const owners = new Map(KEYS.map((key, index) => [key, ids.get(groups[index] ?? 0) ?? '']));
  world.owners = owners;
  const living = new Set(owners.values());
  for (const id of new Set(before.values())) {
    const keys = KEYS.filter((key) => before.get(key) === id);
    const [first = ''] = keys;
    const leadsTo = living.has(id) ? id : (owners.get(first) ?? '');
    if (leadsTo !== id) world.endings.set(id, leadsTo);
    if (keys.every((key) => owners.get(key) === leadsTo)) continue;
    const rowOf = new Map(keys.map((key) => [key, world.rows.get(key) ?? '']));
    const led = leadRows({ id, leadsTo, rowOf }, owners);
    for (const [key, owner] of led.rows) world.rows.set(key, owner);
    for (const [ended, target] of led.endings) world.endings.set(ended, target);
    world.writes += led.rows.size;
  }
}

test('P-14 however people merge and split, the row of each identity leads to who has it', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat(3), { minLength: 8, maxLength: 8 }), { maxLength: 8 }), (steps) => {
      const world = newWorld();
      steps.forEach((groups, step) => {
        regroup(world, groups, step);
        expect(KEYS.map((key) => resolve(world, key))).toEqual(KEYS.map((key) => world.owners.get(key)));
      });
    }),
    { numRuns: RUNS },
  );
});

test('P-10 what came together and leaves together is led by one ended profile: no row is written', () => {
  const rowOf = new Map(KEYS.map((key, index) => [key, index < 4 ? 'old' : 'young']));
  const owners = new Map(KEYS.map((key, index) => [key, index < 4 ? 'old' : 'split off']));
  expect(leadRows({ id: 'old', leadsTo: 'old', rowOf }, owners)).toEqual({
    rows: new Map(),
    endings: new Map([['young', 'split off']]),
  });
});

test('P-10 who leaves others behind gets a row of their own, and nobody else', () => {
  const rowOf = new Map(KEYS.map((key, index) => [key, index < 4 ? 'old' : 'young']));
  const owners = new Map(KEYS.map((key, index) => [key, index === 7 ? 'split off' : 'old']));
  expect(leadRows({ id: 'old', leadsTo: 'old', rowOf }, owners)).toEqual({
    rows: new Map([['ECID|7', 'split off']]),
    endings: new Map(),
  });
});
