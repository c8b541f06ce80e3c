import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DeviceLink } from '../../../subgraphs/profile/domain/device-graph';
import { joinUnits, type Unit } from '../../../subgraphs/profile/domain/join-units';
import { STANDARD_NAMESPACES } from '../../../subgraphs/profile/domain/namespace';

const RUNS = process.env.ATTUNE_TEST_LONG === '1' ? 20_000 : 500;
const MOST = 5;
const RULES = { namespaces: STANDARD_NAMESPACES, identitiesPerGraph: MOST };

// Six people of one browser each, some with a CRMID; browsers 6 and 7 nobody has been seen with.
const cases = fc.record({
  known: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
  pairs: fc.uniqueArray(
    fc.tuple(fc.nat(7), fc.nat(7)).filter(([a, b]) => a < b),
    {
      maxLength: 10,
      selector: ([a, b]) => a * 8 + b,
    },
  ),
});

function toUnits(known: readonly boolean[]): readonly Unit[] {
  return known.map((hasCrmId, index) => ({
    id: `p${index}`,
    identities: [`ECID|${index}`, ...(hasCrmId ? [`CRMID|${index}`] : [])].map((key) => ({ key, lastSeenMs: 0 })),
  }));
}

// Each link at an instant of its own, the first the newest.
function toLinks(pairs: readonly (readonly [number, number])[]): readonly DeviceLink[] {
  return pairs.map(([a, b], index) => ({
    ...{ from: `ECID|${a}`, to: `ECID|${b}`, dataset: 'homes', item: 'import' },
    ...{ atMs: 100 - index, untilMs: 1_000 },
  }));
}

/** The sets of browsers, by going through the links one by one and looking at both sets whole. */
function bruteForce(known: readonly boolean[], pairs: readonly (readonly [number, number])[]): readonly number[][] {
  let sets: number[][] = Array.from({ length: 8 }, (_, browser) => [browser]);
  for (const [a, b] of pairs) {
    const left = sets.find((set) => set.includes(a)) ?? [];
    const right = sets.find((set) => set.includes(b)) ?? [];
    if (left === right) continue;
    const both = [...left, ...right];
    const crmIds = both.filter((browser) => known[browser]).length;
    if (crmIds > 1 || both.length + crmIds > MOST) continue;
    sets = [...sets.filter((set) => set !== left && set !== right), both];
  }
  return sets;
}

test('S-19 P-9 views are the sets that links make one by one, the same whoever of a set is asked for', () => {
  fc.assert(
    fc.property(cases, ({ known, pairs }) => {
      const units = toUnits(known);
      const links = toLinks(pairs);
      const sets = bruteForce(known, pairs);
      units.forEach((start, index) => {
        const others = units.filter((unit) => unit !== start).reverse();
        const joined = joinUnits(start, others, [...links].reverse(), RULES);
        const expected = (sets.find((set) => set.includes(index)) ?? []).filter((browser) => browser < 6);
        expect(joined.units.map(({ id }) => id).sort()).toEqual(expected.map((browser) => `p${browser}`).sort());
        const own = new Set(sets.find((set) => set.includes(index))?.map((browser) => `ECID|${browser}`));
        for (const { from, to, refusal } of joined.links) {
          expect(refusal === undefined).toBe(own.has(from) && own.has(to));
        }
      });
    }),
    { numRuns: RUNS, seed: 19 },
  );
});
