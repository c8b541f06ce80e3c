import { beforeEach, expect, test } from '@jest/globals';
import { DAY_MS, describeSegments, did, NOW_MS, SECOND_MS, type SegmentsFixture } from './segments-fixture';

interface Imported {
  readonly accepted: number;
  readonly rejected: number;
  readonly matched: number;
  readonly refused: readonly { readonly value: string; readonly code: string }[];
}

const IMPORT = `mutation ($input: ExternalAudienceInput!, $members: [ExternalMemberInput!]!) {
  importAudience(input: $input, members: $members) { id audience { id status } accepted rejected matched refused { value code } } }`;

describeSegments('audiences from elsewhere', (open) => {
  let fixture: SegmentsFixture;
  beforeEach(async () => {
    fixture = await open();
  });
  const input = { id: 'partners', name: 'Partners', provider: 'acme' };
  const member = (value: string, rest: object = {}) => ({ identity: { namespace: 'CRMID', value }, ...rest });
  const take = async (...members: readonly object[]): Promise<Imported> =>
    (await fixture.get<{ importAudience: Imported }>(IMPORT, { input, members })).importAudience;

  test('S-16 members who are known are in it at once, also for rules that ask for it', async () => {
    await fixture.putSegment('gold-partners', 'inSegment("partners") and tier = "gold"');
    await fixture.take('p1', { attributes: { tier: 'gold' } });
    await fixture.idle();
    expect(await take(member('p1'), member('nobody'))).toMatchObject({ accepted: 2, rejected: 0, matched: 1 });
    expect(await fixture.segmentsOf('p1')).toEqual(['gold-partners', 'partners']);
    expect([...(await fixture.told())].sort()).toEqual(['p1 +gold-partners IMPORT', 'p1 +partners IMPORT']);
    expect(await fixture.subgraph.reader.published('default', ['partners'])).toEqual(['partners']);
  });

  test('S-16 someone who was not seen yet is a member on coming, already on the request that brings them', async () => {
    await take(member('p1'));
    const person = await fixture.take('p1', did('view'));
    expect(await fixture.segmentsOf(person)).toEqual(['partners']);
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +partners IMPORT']);
  });

  test('S-16 a membership ends by itself when it is over, and that is announced as an exit', async () => {
    await fixture.take('p1', did('view'));
    await fixture.idle();
    await take(member('p1', { validUntil: new Date(NOW_MS + DAY_MS).toISOString() }));
    const [membership] = await fixture.memberships({ id: 'p1', revision: 1 });
    expect(membership?.validUntil).toBe(new Date(NOW_MS + DAY_MS).toISOString());
    fixture.clock.advance(DAY_MS + SECOND_MS);
    expect(await fixture.segmentsOf('p1')).toEqual([]);
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +partners IMPORT', 'p1 -partners EXPIRY']);
    expect((await fixture.announced()).at(-1)?.body.atMs).toBe(NOW_MS + DAY_MS);
  });

  test('S-16 an import holds for thirty days unless it says otherwise, and one sent again holds longer', async () => {
    await fixture.take('p1', did('view'));
    await fixture.idle();
    await take(member('p1'));
    fixture.clock.advance(20 * DAY_MS);
    await take(member('p1'));
    fixture.clock.advance(29 * DAY_MS);
    await fixture.idle();
    expect(await fixture.segmentsOf('p1')).toEqual(['partners']);
    fixture.clock.advance(DAY_MS);
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +partners IMPORT', 'p1 -partners EXPIRY']);
  });

  test('S-16 a member can be taken out, and outlives a restart otherwise', async () => {
    await fixture.take('p1', did('view'));
    await fixture.idle();
    await take(member('p1'));
    await fixture.close();
    fixture = await fixture.reopen();
    expect(await fixture.segmentsOf('p1')).toEqual(['partners']);
    await take(member('p1', { remove: true }));
    expect(await fixture.segmentsOf('p1')).toEqual([]);
    expect(await fixture.told()).toEqual(['p1 +partners IMPORT', 'p1 -partners IMPORT']);
  });

  test('S-16 after a merge the one that stays is in what named the other', async () => {
    await fixture.take('young', did('view'));
    await fixture.take('old', did('view'));
    await fixture.idle();
    await take(member('young'));
    await fixture.people.merge(fixture.store, 'young', 'old', NOW_MS);
    await fixture.idle();
    expect(await fixture.told()).toEqual(expect.arrayContaining(['young -partners MERGE', 'old +partners MERGE']));
    expect(await fixture.segmentsOf('old')).toEqual(['partners']);
  });

  test('S-16 bad members are refused each with a code, and the rest goes in', async () => {
    const answer = await take(member('p1'), member(' '), member('null'), member('x'.repeat(2_000)));
    expect(answer).toMatchObject({ accepted: 1, rejected: 3 });
    expect(answer.refused.map(({ code }) => code)).toEqual(['BAD_USER_INPUT', 'BAD_USER_INPUT', 'BAD_USER_INPUT']);
    await fixture.putSegment('rule', 'a = 1');
    expect(await fixture.refusal(IMPORT, { input: { ...input, id: 'rule' }, members: [] })).toMatchObject({
      code: 'BAD_USER_INPUT',
    });
  });

  test('S-9 a withdrawn audience has no members any more', async () => {
    await fixture.take('p1', did('view'));
    await fixture.idle();
    await take(member('p1'));
    await fixture.get('mutation { deactivateSegment(id: "partners") { segment { id } } }');
    expect(await fixture.segmentsOf('p1')).toEqual([]);
    await fixture.idle();
    expect(await fixture.told()).toEqual(['p1 +partners IMPORT', 'p1 -partners RULE']);
  });
});
