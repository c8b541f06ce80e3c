import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type OffersFixture, openOffers } from './offers-fixture';

let offers: OffersFixture;
beforeAll(async () => {
  offers = await openOffers();
  await offers.put('Placement', { id: 'a', name: 'A', contentType: 'TEXT' });
  await offers.put('Placement', { id: 'b', name: 'B', contentType: 'TEXT' });
  await offers.put('FallbackOffer', { id: 'F', name: 'F', representations: [{ placement: 'a', content: 'f' }] });
});
afterAll(() => offers.close());

const everywhere = ['a', 'b'].map((placement) => ({ placement, content: 'x' }));
const putOffer = (id: string, rest: object = {}) =>
  offers.put('Offer', { id, name: id, status: 'APPROVED', representations: everywhere, ...rest });
const putCollection = (id: string, ids: readonly string[]) => offers.put('Collection', { id, name: id, offers: ids });
const putPolicy = (placement: string, groups: object[]) =>
  offers.put('DecisionPolicy', { id: placement, placement, groups, fallback: 'F' });
const chosen = async (person: object, placements: { placement: string; count: number }[]) => {
  const decisions = await offers.decide(person, placements);
  return placements.map(({ placement }) =>
    decisions.filter((decision) => decision.placement.id === placement).map(({ offer }) => offer?.id),
  );
};

describe('D-5 vectors', () => {
  test('criteria of a group are ranked together, the next group fills what is missing', async () => {
    const scores: Record<string, object> = {
      O1: { c1: 10 },
      O2: { c1: 20 },
      O3: { c1: 30, c2: 45 },
      O4: { c2: 40 },
      O5: { c2: 50, c3: 70 },
      O6: { c3: 60 },
    };
    for (const [id, characteristics] of Object.entries(scores)) await putOffer(id, { characteristics });
    await putCollection('C1', ['O1', 'O2', 'O3']);
    await putCollection('C2', ['O3', 'O4', 'O5']);
    await putCollection('C3', ['O5', 'O6']);
    const by = (name: string) => ({
      collection: name.toUpperCase(),
      ranking: 'FORMULA',
      formula: `offer.characteristics.${name}`,
    });
    await putPolicy('a', [{ criteria: [by('c1'), by('c2')] }, { criteria: [by('c3')] }]);
    expect(await chosen({}, [{ placement: 'a', count: 6 }])).toEqual([['O5', 'O3', 'O4', 'O2', 'O1', 'O6']]);
    const scored = await offers.decide({}, [{ placement: 'a', count: 6 }]);
    expect(scored.map(({ score }) => score)).toEqual([50, 45, 40, 20, 10, 60]);
  });

  test('two placements of two without duplicates', async () => {
    const names = ['Q1', 'Q2', 'Q3', 'Q4'];
    for (const [index, id] of names.entries()) await putOffer(id, { priority: 10 - index });
    await putCollection('Q', names);
    for (const placement of ['a', 'b']) await putPolicy(placement, [{ criteria: [{ collection: 'Q' }] }]);
    const both = ['a', 'b'].map((placement) => ({ placement, count: 2 }));
    expect(await chosen({}, both)).toEqual([
      ['Q1', 'Q2'],
      ['Q3', 'Q4'],
    ]);
    await putOffer('Q1', { priority: 10, status: 'ARCHIVED' });
    expect(await chosen({}, both)).toEqual([['Q2', 'Q3'], ['Q4']]);
    await putOffer('Q3', { priority: 8, status: 'ARCHIVED' });
    expect(await chosen({}, both)).toEqual([['Q2', 'Q4'], ['F']]);
  });
});

describe('D-4', () => {
  test('ties go to the higher priority, then the newest start, then the id', async () => {
    const same = { characteristics: { fixed: 1 } };
    await putOffer('T-C', { ...same, priority: 1, start: '2025-01-01T00:00:00Z' });
    await putOffer('T-B', { ...same, priority: 1, start: '2025-06-01T00:00:00Z' });
    await putOffer('T-A', { ...same, priority: 1 });
    await putOffer('T-0', { ...same, priority: 1 });
    await putOffer('T-Z', { ...same, priority: 2 });
    await putCollection('T', ['T-A', 'T-0', 'T-C', 'T-B', 'T-Z']);
    await putPolicy('a', [
      { criteria: [{ collection: 'T', ranking: 'FORMULA', formula: 'offer.characteristics.fixed' }] },
    ]);
    expect(await chosen({}, [{ placement: 'a', count: 5 }])).toEqual([['T-Z', 'T-B', 'T-C', 'T-0', 'T-A']]);
  });

  test('a formula reads the profile, and one that fails is reported and gives way to the priority', async () => {
    await putOffer('M-1', { priority: 5, characteristics: { weight: 2 } });
    await putOffer('M-2', { priority: 7 });
    await putCollection('M', ['M-1', 'M-2']);
    const formula = 'computedAttributes.interest * offer.characteristics.weight';
    await putPolicy('a', [{ criteria: [{ collection: 'M', ranking: 'FORMULA', formula }] }]);
    const ask = (interest: number) =>
      offers.decide({ computedAttributes: { interest } }, [{ placement: 'a', count: 2 }]);
    const [high, low] = await ask(10);
    expect([high?.offer?.id, high?.score, low?.offer?.id, low?.score]).toEqual(['M-1', 20, 'M-2', 7]);
    expect(low?.explanation).toContain('its formula gave no number');
    const [first] = await ask(1);
    expect(first).toMatchObject({ offer: { id: 'M-2' }, score: 7 });
    expect(await offers.metrics.text()).toContain('attune_offers_formula_failures_total{offer="M-2"} 2');
  });
});
