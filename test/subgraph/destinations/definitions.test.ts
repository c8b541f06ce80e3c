import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type DestinationsFixture, openDestinations, putSegment } from './destinations-fixture';

let fixture: DestinationsFixture;
beforeEach(async () => {
  fixture = await openDestinations();
  putSegment(fixture.world, 'buyers');
});
afterEach(() => fixture.close());

const sound = {
  id: 'hook',
  name: 'Hook',
  connector: 'http-streaming',
  settings: { url: 'https://example.test/in', secret: 'top secret' },
  identities: [{ namespace: 'Email' }],
};
const put = async (input: object) =>
  (await fixture.ask('mutation ($i: DestinationInput!) { putDestination(input: $i) { id version } }', { i: input }))
    .errors?.[0]?.originalError as { code: string; message: string; details: object } | undefined;
const mapped = (...mapping: object[]) => ({ ...sound, mapping });

describe('BAD_USER_INPUT for', () => {
  test.each([
    ['an id with "|"', { ...sound, id: 'a|b' }],
    ['an unknown connector', { ...sound, connector: 'pigeon' }],
    ['no address', { ...sound, settings: { secret: 'x' } }],
    ['a file address', { ...sound, settings: { url: 'file:///etc/passwd', secret: 'x' } }],
    ['an address of code', { ...sound, settings: { url: 'javascript:1', secret: 'x' } }],
    ['credentials in the address', { ...sound, settings: { url: 'http://a:b@c/', secret: 'x' } }],
    ['no secret', { ...sound, settings: { url: 'http://a/' } }],
    ['a setting that is not there', { ...sound, settings: { ...sound.settings, retries: 3 } }],
    ['a header that Attune sets', { ...sound, settings: { ...sound.settings, headers: { 'Idempotency-Key': 'x' } } }],
    ['a header that cannot be sent', { ...sound, settings: { ...sound.settings, headers: { a: 'b\r\nc: d' } } }],
    ['a timeout of a day', { ...sound, settings: { ...sound.settings, timeoutMs: 86_400_000 } }],
    ['no identities', { ...sound, identities: [] }],
    ['a time zone that is not there', { ...sound, timeZone: 'Mars/Olympus' }],
    ['a schedule, which goes with files', { ...sound, schedule: '0 3 * * *' }],
    ['deduplication, which goes with files', mapped({ to: 'a', from: 'a', deduplicate: true })],
    ['a mapping that does not parse', mapped({ to: 'a', from: '(a' })],
    ['a mapping over events', mapped({ to: 'a', from: 'xEvent.count()' })],
    ['a mapping over the request', mapped({ to: 'a', from: 'context.page' })],
    ['a mapping over segments', mapped({ to: 'a', from: 'inSegment("buyers")' })],
    ["a mapping into Attune's own part", mapped({ to: 'identityMap.Email', from: 'a' })],
    ['a mapping that writes into another', mapped({ to: 'a', from: 'a' }, { to: 'a.b', from: 'b' })],
    ['a mapping into the prototype', mapped({ to: '__proto__.x', from: 'a' })],
  ])('%s', async (_, input) => {
    const refused = await put(input);
    expect(refused).toMatchObject({ code: 'BAD_USER_INPUT', details: { path: expect.any(String) } });
    expect(refused?.message).not.toContain('top secret');
  });
});

test('twice the same changes nothing', async () => {
  expect(await put(sound)).toBeUndefined();
  expect(await put(sound)).toBeUndefined();
  const { destination } = await fixture.get<{ destination: object }>('{ destination(id: "hook") { version } }');
  expect(destination).toEqual({ version: 1 });
});

test('no field of the graph answers settings', () => {
  const fields = Object.keys(fixture.subgraph.schema.getType('Destination')?.toConfig() ?? {});
  expect(fields).not.toContain('settings');
  expect(fixture.subgraph.sdl.replace(/input [^}]*}/g, '')).not.toMatch(/\bsettings\b\s*:/);
});

test('S-9 the users of a segment are the destinations that it is activated to', async () => {
  await put(sound);
  expect(await fixture.subgraph.users.usersOf('default', 'buyers')).toEqual([]);
  await fixture.get('mutation { activateSegment(destination: "hook", segment: "buyers") { destination { id } } }');
  expect(await fixture.subgraph.users.usersOf('default', 'buyers')).toEqual(['destination:hook']);
});

test('what is not there cannot be activated or deactivated', async () => {
  await put(sound);
  const code = async (operation: string, destination: string, segment: string) => {
    const source = `mutation { ${operation}(destination: "${destination}", segment: "${segment}") { destination { id } } }`;
    return (await fixture.ask(source)).errors?.[0]?.originalError as { code: string } | undefined;
  };
  expect(await code('activateSegment', 'none', 'buyers')).toMatchObject({ code: 'NOT_FOUND' });
  expect(await code('activateSegment', 'hook', 'none')).toMatchObject({ code: 'BAD_USER_INPUT' });
  expect(await code('deactivateActivation', 'hook', 'buyers')).toMatchObject({ code: 'NOT_FOUND' });
});

test('a destination is deleted only when no segment is activated to it and nothing waits', async () => {
  await put({ ...sound, enabled: false });
  const remove = async () =>
    (await fixture.ask('mutation { deleteDestination(id: "hook") { id } }')).errors?.[0]?.originalError;
  fixture.world.put('p1', {}, { Email: ['a'] });
  await fixture.get('mutation { activateSegment(destination: "hook", segment: "buyers") { destination { id } } }');
  await fixture.move({ profile: 'p1', segment: 'buyers', status: 'REALIZED' });
  await fixture.idle();
  expect(await remove()).toMatchObject({ code: 'CONFLICT', details: { segments: ['buyers'] } });
  await fixture.get(
    'mutation { deactivateActivation(destination: "hook", segment: "buyers", sendExits: false) { activation { since } } }',
  );
  expect(await remove()).toMatchObject({ code: 'CONFLICT' });
});

test('deliveries are pages in the order they were taken in', async () => {
  await put({ ...sound, enabled: false });
  await fixture.get('mutation { activateSegment(destination: "hook", segment: "buyers") { destination { id } } }');
  for (const id of ['p1', 'p2', 'p3']) {
    fixture.world.put(id, {}, { Email: [id] });
    await fixture.move({ profile: id, segment: 'buyers', status: 'REALIZED' });
  }
  const page = async (after?: string) =>
    (
      await fixture.get<{
        deliveries: { edges: { node: { profileId: string } }[]; pageInfo: { hasNextPage: boolean; endCursor: string } };
      }>(
        `query ($after: String) { deliveries(destination: "hook", status: PENDING, first: 2, after: $after) {
          edges { node { profileId } } pageInfo { hasNextPage endCursor } } }`,
        { after },
      )
    ).deliveries;
  const first = await page();
  expect(first.edges.map(({ node }) => node.profileId)).toEqual(['p1', 'p2']);
  expect(first.pageInfo.hasNextPage).toBe(true);
  const second = await page(first.pageInfo.endCursor);
  expect(second.edges.map(({ node }) => node.profileId)).toEqual(['p3']);
  expect(second.pageInfo.hasNextPage).toBe(false);
});
