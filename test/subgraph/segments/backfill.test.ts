import { beforeEach, expect, test } from '@jest/globals';
import { compileRule } from '../../../platform/pql/evaluate';
import { parsePql } from '../../../platform/pql/parse';
import { createRandom } from '../../support/random';
import {
  DAY_MS,
  describeSegments,
  did,
  type FixtureOptions,
  HOUR_MS,
  NOW_MS,
  SECOND_MS,
  type SegmentsFixture,
} from './segments-fixture';

describeSegments('backfill', (open) => {
  let fixture: SegmentsFixture;
  beforeEach(async () => {
    fixture = await open({ pageSize: 5 });
  });
  const counts = async (id: string) =>
    (
      await fixture.get<{ segment: { counts: { realized: number; exited: number; at: string }; backfill: unknown } }>(
        'query ($id: ID!) { segment(id: $id) { counts { realized exited at } backfill { done total finishedAt } } }',
        { id },
      )
    ).segment;
  const seed = async (people: number) => {
    for (let index = 0; index < people; index += 1) {
      await fixture.take(`p${String(index).padStart(3, '0')}`, did(index % 2 ? 'purchase' : 'view'));
    }
    await fixture.idle();
  };

  test('S-6 a new segment finds everyone there is, cause RULE, at the instant of its publication', async () => {
    await seed(23);
    fixture.clock.advance(SECOND_MS);
    await fixture.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 1');
    await fixture.idle();
    const announced = await fixture.announced();
    expect(announced).toHaveLength(11);
    expect(new Set(announced.map(({ body }) => `${body.cause.kind} ${body.cause.reference} ${body.atMs}`))).toEqual(
      new Set([`RULE buyers@1 ${NOW_MS + SECOND_MS}`]),
    );
    expect(await counts('buyers')).toEqual({
      counts: { realized: 11, exited: 0, at: new Date(NOW_MS + SECOND_MS).toISOString() },
      backfill: null,
    });
  });

  test('S-6 a read is by the new rule from its publication on, however far the backfill is', async () => {
    await fixture.close();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    fixture = await open({
      pageSize: 5,
      around: (reader) => ({
        ...reader,
        async scan(sandbox, query) {
          if (query.limit === 5) await gate;
          return reader.scan(sandbox, query);
        },
      }),
    });
    const person = await fixture.take('p1', did('purchase'));
    await fixture.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 1');
    expect(await fixture.segmentsOf(person)).toEqual(['buyers']);
    await fixture.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 2');
    expect(await fixture.segmentsOf(person)).toEqual([]);
    release();
  });

  test('S-6 a changed rule moves exactly those that it moves', async () => {
    await fixture.putSegment('s', 'points > 5');
    for (let points = 0; points < 12; points += 1) await fixture.take(`p${points + 10}`, { attributes: { points } });
    await fixture.idle();
    await fixture.putSegment('s', 'points > 8 or points < 2');
    await fixture.idle();
    const rule = (await fixture.told()).filter((line) => line.endsWith('RULE'));
    expect([...rule].sort()).toEqual(['p10 +s RULE', 'p11 +s RULE', 'p16 -s RULE', 'p17 -s RULE', 'p18 -s RULE']);
    expect((await counts('s')).counts).toMatchObject({ realized: 5, exited: 3 });
  });

  test('S-6 a backfill reads no more of people than the rule asks for, and of those whom it moves nothing else', async () => {
    await seed(23);
    for (let points = 0; points < 12; points += 1) await fixture.take(`q${points + 10}`, { attributes: { points } });
    await fixture.idle();
    await fixture.close();
    const asked: unknown[] = [];
    const read: string[] = [];
    const watched = await open({
      pageSize: 5,
      people: fixture.people,
      around: (reader) => ({
        ...reader,
        async scan(sandbox, query) {
          if (query.limit === 5) asked.push([query.events, query.computed, query.identities]);
          return reader.scan(sandbox, query);
        },
        async getMany(sandbox, ids, options) {
          read.push(...ids);
          return reader.getMany(sandbox, ids, options);
        },
      }),
    });
    watched.clock.advance(SECOND_MS);
    await watched.putSegment('s', 'points > 9');
    await watched.idle();
    expect(new Set(asked.map(String))).toEqual(new Set(['false,false,false']));
    expect(read).toEqual([]);
    expect([...(await watched.told())].sort()).toEqual(['q20 +s RULE', 'q21 +s RULE']);
    await watched.putSegment('s', 'points > 10 or xEvent.count() > 1');
    await watched.idle();
    expect(asked.at(-1)).toEqual([true, false, false]);
    expect((await watched.told()).filter((line) => line.includes('-'))).toEqual(['q20 -s RULE']);
  });

  test('S-6 S-10 who changes while a rule is on its way to them is moved by the change, and by nothing twice', async () => {
    await fixture.putSegment('lookers', 'xEvent[eventType = "purchase"].count() = 0');
    await seed(12);
    await fixture.close();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { people, clock } = fixture;
    const around: FixtureOptions['around'] = (reader) => ({
      ...reader,
      async scan(sandbox, query) {
        const page = await reader.scan(sandbox, query);
        if (query.limit === 5) await gate;
        return page;
      },
    });
    // What is taken in comes here after the backfill.
    fixture = await open({ pageSize: 5, people, clock, around, dispatch: false });
    clock.advance(SECOND_MS);
    await fixture.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 1');
    clock.advance(SECOND_MS);
    await fixture.take('p000', did('purchase'));
    // Seen before it was so: the first page is read already.
    await fixture.take('p008', did('purchase'));
    await fixture.people.remove(fixture.store, 'p001', clock.now());
    release();
    await fixture.idle();
    await fixture.close();
    fixture = await open({ pageSize: 5, people, clock });
    await fixture.idle();
    const told = await fixture.told();
    const ofEach = (...ids: readonly string[]) => told.filter((line) => ids.includes(line.slice(0, 4))).sort();
    expect(ofEach('p000', 'p008').filter((line) => !line.includes('+lookers'))).toEqual([
      'p000 +buyers EVENT',
      'p000 -lookers EVENT',
      'p008 +buyers EVENT',
      'p008 -lookers EVENT',
    ]);
    expect(ofEach('p003')).toEqual(['p003 +buyers RULE']);
    expect(new Set(told).size).toBe(told.length);
    for (const id of people.ids()) {
      const isBuyer = people.snapshot(id)?.events.some(({ data }) => data.eventType === 'purchase');
      expect([id, await fixture.segmentsOf(id)]).toEqual([id, [isBuyer ? 'buyers' : 'lookers']]);
    }
    expect(await fixture.segmentsOf('p001')).toEqual([]);
  });

  test('S-6 S-11 whatever was published in which order, all are where their data says, and each move is told once', async () => {
    const random = createRandom(5);
    const pick = (most: number): number => Math.floor(random() * most);
    const kinds = ['view', 'purchase', 'share'];
    const rules = [
      () => `points > ${pick(9)}`,
      () => `points <= ${pick(9)} or xEvent.count() > ${pick(4)}`,
      () => `xEvent[eventType = "${kinds[pick(3)]}"].count() >= ${pick(3)}`,
      () => `xEvent[timestamp occurs < ${1 + pick(9)} hours before now].count() > ${pick(2)}`,
      () => `inSegment("s${pick(3)}") and points > ${pick(9)}`,
    ];
    const take = async () => {
      const id = `p${10 + pick(30)}`;
      await fixture.take(id, pick(2) ? did(kinds[pick(3)] ?? '') : { attributes: { points: pick(9) } });
    };
    const published = new Map<string, string>();
    for (let round = 0; round < 12; round += 1) {
      for (let change = 0; change < 10; change += 1) await take();
      if (pick(3)) await fixture.idle();
      fixture.clock.advance(pick(2) * HOUR_MS);
      const rule = rules[pick(rules.length)]?.() ?? '';
      const id = rule.startsWith('inSegment') ? `t${pick(2)}` : `s${pick(4)}`;
      await fixture.putSegment(id, rule);
      published.set(id, rule);
      await take();
      if (round % 3 < 2) continue;
      await fixture.idle();
      for (const [segmentId, text] of published) {
        const members = await fixture.subgraph.reader.members('default', segmentId, { limit: 99 });
        const found = members.map(({ profileId }) => profileId);
        expect([text, found]).toEqual([text, fixture.people.ids().filter((each) => holds(text, each))]);
      }
    }
    const status = new Map<string, string>();
    for (const { body } of await fixture.announced()) {
      const key = `${body.profileId} ${body.segmentId}`;
      expect([key, body.status]).toEqual([key, status.get(key) === 'REALIZED' ? 'EXITED' : 'REALIZED']);
      status.set(key, body.status);
    }

    function holds(text: string, id: string): boolean {
      const parsed = parsePql(text);
      const { attributes, events } = fixture.people.snapshot(id) ?? { attributes: {}, events: [] };
      const inSegment = (other: string): boolean => holds(published.get(other) ?? 'false', id);
      const scope = { profile: attributes, events, nowMs: fixture.clock.now(), inSegment };
      return parsed.ok && compileRule(parsed.tree, { timeZone: 'UTC' })(scope);
    }
  });

  test('S-6 S-7 whom time will move by a new rule is listed by its backfill', async () => {
    await fixture.putSegment('gold', 'tier = "gold"');
    await seed(12);
    await fixture.putSegment(
      'lapsed',
      'xEvent.count() > 0 and xEvent[timestamp occurs < 1 day before now].count() = 0',
    );
    await fixture.idle();
    await fixture.close();
    fixture = await fixture.reopen();
    expect(await fixture.told()).toEqual([]);
    fixture.clock.advance(2 * DAY_MS);
    await fixture.idle();
    const moves = (await fixture.announced()).map(({ body }) => body);
    expect(moves).toHaveLength(12);
    for (const { status, atMs, cause } of moves) {
      expect([status, atMs - NOW_MS, cause.kind]).toEqual(['REALIZED', DAY_MS, 'TIME']);
    }
  });

  test('S-6 a backfill goes on after a restart, and announces nobody twice', async () => {
    await seed(200);
    let scans = 0;
    await fixture.close();
    const slow = await open({
      pageSize: 5,
      people: fixture.people,
      around: (reader) => ({
        ...reader,
        async scan(sandbox, query) {
          if (query.limit === 5) scans += 1;
          if (scans > 20) throw new Error('The lights went out.');
          return reader.scan(sandbox, query);
        },
      }),
    });
    await slow.putSegment('buyers', 'xEvent.count() >= 1');
    await slow.subgraph.idle().catch(() => undefined);
    const job = await slow.get<{ segment: { backfill: { done: number } } }>(
      '{ segment(id: "buyers") { backfill { done total finishedAt } } }',
    );
    expect(job.segment.backfill).toEqual({ done: 80, total: 80, finishedAt: null });
    await slow.close();
    scans = -1_000;
    const again = await slow.reopen();
    await again.idle();
    const told = await again.told();
    expect(new Set(told).size).toBe(200);
    expect(told).toHaveLength(200);
  });

  test('S-6 a new rule that needs a scan is brought to everybody too, and again when it changes', async () => {
    await seed(12);
    const general = (type: string) => `xEvent.groupBy(eventType).get("${type}").count() > 0`;
    await fixture.putSegment('buyers', general('purchase'));
    await fixture.putSegment('asking', 'inSegment("buyers")');
    await fixture.idle();
    expect(await counts('buyers')).toMatchObject({ counts: { realized: 6 }, backfill: null });
    const told = (await fixture.announced()).map(({ body }) => body);
    const causes = told.filter(({ segmentId }) => segmentId === 'buyers').map(({ cause }) => cause);
    expect(new Set(causes.map(({ kind, reference }) => `${kind} ${reference}`))).toEqual(new Set(['RULE buyers@1']));
    expect(await fixture.segmentsOf('p001')).toEqual(['asking', 'buyers']);
    fixture.clock.advance(SECOND_MS);
    await fixture.putSegment('buyers', general('view'));
    await fixture.idle();
    expect([await fixture.segmentsOf('p000'), await fixture.segmentsOf('p001')]).toEqual([['asking', 'buyers'], []]);
    const ids = (await fixture.announced()).map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([36, 36]);
  });

  test('S-6 while versions are published under load, no read is answered by two of them', async () => {
    await seed(20);
    const bought = 'xEvent[eventType = "purchase"].count() >= 1';
    await fixture.putSegment('asked', bought);
    await fixture.putSegment('in', 'inSegment("asked")');
    await fixture.putSegment('out', 'not inSegment("asked")');
    let isOver = false;
    const answers = new Set<string>();
    const read = async (): Promise<void> => {
      for (let turn = 0; !isOver; turn += 1) {
        const id = `p${String(turn % 20).padStart(3, '0')}`;
        const { revision = 0 } = fixture.people.snapshot(id) ?? {};
        const found = await fixture.memberships({ id, revision });
        const ids = found.map(({ segment }) => segment.id);
        answers.add(ids.join());
        // Who bought is in it by the first version, and by every other one since.
        for (const { segment, segmentVersion } of found)
          if (segment.id === 'asked') expect([id, segmentVersion % 2]).toEqual([id, turn % 2]);
        await new Promise(setImmediate);
      }
    };
    const readers = [read(), read(), read()];
    for (let version = 2; version <= 9; version += 1) {
      await fixture.putSegment('asked', version % 2 ? bought : `not (${bought})`);
      await fixture.take(`p00${version}`, did('view'));
      if (version % 3 === 0) await fixture.idle();
    }
    isOver = true;
    await Promise.all(readers);
    expect([...answers].sort()).toEqual(['asked,in', 'out']);
  });

  test('S-6 people that cannot be read stop a backfill for a while only', async () => {
    await seed(20);
    await fixture.close();
    let reads = 0;
    let isMet = false;
    // A failure that nobody has met by the end of the turn would end the process.
    const failAhead = (): Promise<never> => {
      const work = Promise.reject<never>(new Error('Nobody answers.'));
      const waited: { by: boolean } = { by: false };
      const then = work.then.bind(work);
      Object.assign(work, {
        // biome-ignore lint/suspicious/noThenProperty: whoever handles the promise is seen.
        then(...handlers: Parameters<typeof then>) {
          waited.by = true;
          return then(...handlers);
        },
      });
      process.nextTick(() => {
        isMet = waited.by;
      });
      return work;
    };
    const own = await open({
      pageSize: 5,
      people: fixture.people,
      clock: fixture.clock,
      around: (reader) => ({
        ...reader,
        scan: (sandbox, query) => (query.limit === 5 && ++reads === 2 ? failAhead() : reader.scan(sandbox, query)),
      }),
    });
    await own.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 1');
    await own.subgraph.idle().catch(() => undefined);
    fixture.clock.advance(2 * SECOND_MS);
    await own.idle();
    expect(await own.subgraph.reader.members('default', 'buyers', { limit: 100 })).toHaveLength(10);
    expect(isMet).toBe(true);
  });

  test('S-6 two rules published one after the other share the round, and each reaches everyone', async () => {
    await seed(17);
    await fixture.putSegment('all', 'xEvent.count() >= 1');
    await fixture.putSegment('buyers', 'xEvent[eventType = "purchase"].count() >= 1');
    await fixture.idle();
    expect((await counts('all')).counts.realized).toBe(17);
    expect((await counts('buyers')).counts.realized).toBe(8);
    expect(await fixture.told()).toHaveLength(25);
  });

  test('S-9 when a segment is withdrawn its members exit, and so do those who depended on it', async () => {
    await fixture.putSegment('s', 'points > 5');
    await fixture.putSegment('both', 'inSegment("s") and vip = true');
    for (let points = 0; points < 12; points += 1) {
      await fixture.take(`p${points + 10}`, { attributes: { points, vip: points === 11 } });
    }
    await fixture.idle();
    const person = { id: 'p21', revision: 1 };
    expect(await fixture.segmentsOf(person)).toEqual(['both', 's']);
    fixture.clock.advance(SECOND_MS);
    await fixture.get('mutation { deactivateSegment(id: "s") { segment { id } } }');
    expect(await fixture.segmentsOf(person)).toEqual([]);
    await fixture.idle();
    const exits = (await fixture.announced()).filter(({ body }) => body.status === 'EXITED').map(({ body }) => body);
    expect(exits).toHaveLength(7);
    expect(new Set(exits.map(({ cause, atMs }) => `${cause.kind} ${atMs - NOW_MS}`))).toEqual(new Set(['RULE 1000']));
    expect((await counts('s')).counts).toMatchObject({ realized: 0, exited: 6 });
    await fixture.get('mutation { publishSegment(id: "s") { segment { id } } }');
    await fixture.idle();
    expect(await fixture.segmentsOf(person)).toEqual(['both', 's']);
    expect((await counts('s')).counts).toMatchObject({ realized: 6, exited: 0 });
  });

  test('S-6 members are listed by id, page by page', async () => {
    await seed(9);
    await fixture.putSegment('all', 'xEvent.count() >= 1');
    await fixture.putSegment('all-2', 'xEvent.count() >= 1');
    await fixture.idle();
    const page = (args: string) =>
      fixture.get<{ segment: { members: { edges: { node: object }[]; pageInfo: { hasNextPage: boolean } } } }>(
        `{ segment(id: "all") { members${args} { edges { cursor node { id revision } } pageInfo { hasNextPage endCursor } } } }`,
      );
    const { members } = (await page('(first: 8)')).segment;
    expect(members.edges[0]).toEqual({ cursor: 'p000', node: { id: 'p000', revision: 1 } });
    expect(members).toMatchObject({ pageInfo: { hasNextPage: true } });
    const last = (await page('(first: 8, after: "p007")')).segment.members;
    expect(last.edges.map(({ node }) => node)).toEqual([{ id: 'p008', revision: 1 }]);
    expect(last.pageInfo.hasNextPage).toBe(false);
  });

  test('the reader tells others who is published, and who is in', async () => {
    await seed(9);
    await fixture.putSegment('all', 'xEvent.count() >= 1');
    await fixture.putSegment('draft', 'a = 1', { publish: false });
    await fixture.idle();
    const { reader } = fixture.subgraph;
    expect(await reader.published('default', ['draft', 'all', 'none'])).toEqual(['all']);
    const members = await reader.members('default', 'all', { after: 'p006', limit: 10 });
    expect(members).toEqual([
      { profileId: 'p007', revision: 1, atMs: NOW_MS, cause: { kind: 'RULE', reference: 'all@1' } },
      expect.objectContaining({ profileId: 'p008' }),
    ]);
    const people = [
      { id: 'p001', revision: 1 },
      { id: 'nobody', revision: 3 },
    ];
    expect(await reader.realized('default', people, NOW_MS)).toEqual([['all'], []]);
  });
});
