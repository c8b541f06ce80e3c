import { beforeEach, expect, test } from '@jest/globals';
import { describeSegments, did, HOUR_MS, NOW_MS, type SegmentsFixture } from './segments-fixture';

const UNTIL = new Date(NOW_MS + HOUR_MS).toISOString();
const IMPORT = `mutation ($members: [ExternalMemberInput!]!) {
  importAudience(input: { id: "panel", name: "Panel", provider: "acme" }, members: $members) { id } }`;

describeSegments('what moves a membership', (open) => {
  let fixture: SegmentsFixture;
  beforeEach(async () => {
    fixture = await open();
    await fixture.putSegment('active', 'xEvent[timestamp occurs < 1 hour before now].count() >= 1');
    await fixture.putSegment('gold', 'tier = "gold"');
    await fixture.putSegment('many', 'xEvent.count() > 1');
    // Else their backfill meets people of whom the log does not tell yet.
    await fixture.idle();
  });
  const take = async (id: string): Promise<unknown> => fixture.take(id, did('view', { _id: `e-${id}` }));
  const importing = async (value: string): Promise<string> => {
    const members = [{ identity: { namespace: 'CRMID', value }, validUntil: UNTIL }];
    return (await fixture.get<{ importAudience: { id: string } }>(IMPORT, { members })).importAudience.id;
  };
  const wait = async (): Promise<void> => {
    await fixture.idle();
    await fixture.clock.advance(HOUR_MS);
  };

  /** By kind: what is done, and the move of which segment is looked at. It answers with the reference. */
  const causes: Readonly<Record<string, readonly [move: string, act: () => Promise<string | undefined>]>> = {
    EVENT: ['p1 +active', () => take('p1').then(() => 'web|e-p1')],
    RECORD: ['p1 +gold', () => fixture.take('p1', { attributes: { tier: 'gold' } }).then(() => 'crm')],
    TIME: [
      'p1 -active',
      () =>
        take('p1')
          .then(wait)
          .then(() => UNTIL),
    ],
    MERGE: [
      'p1 +many',
      async () => {
        await take('p1');
        await take('p2');
        await fixture.people.merge(fixture.store, 'p2', 'p1', NOW_MS);
        return 'p2';
      },
    ],
    SPLIT: [
      'p1 -many',
      async () => {
        await fixture.take('p1', did('view'), did('view'));
        await fixture.idle();
        await fixture.people.split(fixture.store, 'p1', 'p2', 1, NOW_MS);
        return 'p1';
      },
    ],
    IMPORT: [
      'p1 +panel',
      async () => {
        await take('p1');
        await fixture.idle();
        return importing('p1');
      },
    ],
    'IMPORT before they came': [
      'p1 +panel',
      async () => {
        const reference = await importing('p1');
        await take('p1');
        return reference;
      },
    ],
    EXPIRY: [
      'p1 -panel',
      () =>
        take('p1')
          .then(() => importing('p1'))
          .then(wait)
          .then(() => UNTIL),
    ],
    RULE: [
      'p1 +seen',
      async () => {
        await take('p1');
        await fixture.idle();
        await fixture.putSegment('seen', 'xEvent.count() >= 1');
        return 'seen@1';
      },
    ],
    PRIVACY: [
      'p1 -active',
      async () => {
        await take('p1');
        await fixture.people.remove(fixture.store, 'p1', NOW_MS);
        return undefined;
      },
    ],
  };

  test.each(Object.keys(causes))(
    'S-10 %s: the membership and its announcement tell the cause, with its reference',
    async (kind) => {
      const [move, act] = causes[kind] ?? ['', async () => undefined];
      const reference = await act();
      await fixture.idle();
      const [profileId = '', [sign, ...name] = ''] = move.split(' ');
      const status = sign === '+' ? 'REALIZED' : 'EXITED';
      const segmentId = name.join('');
      const cause = { kind: kind.split(' ')[0], ...(reference !== undefined && { reference }) };
      const told = (await fixture.announced()).map(({ body }) => body);
      const moves = told.filter((body) => body.profileId === profileId && body.segmentId === segmentId);
      expect(moves.at(-1)).toMatchObject({ status, cause });
      expect(moves.at(-1)?.cause).toEqual(cause);
      if (kind === 'PRIVACY') return;
      const { revision = 0 } = fixture.people.snapshot(profileId) ?? {};
      const memberships = await fixture.memberships({ id: profileId, revision }, { statuses: ['REALIZED', 'EXITED'] });
      expect(memberships.find(({ segment }) => segment.id === segmentId)).toMatchObject({ status, cause });
    },
  );
});
