import { execFile, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { request } from 'undici';
import { readEditor } from '../../app/cli/demo/demo-files';
import { type Demo, runDemo } from '../../app/cli/demo/run-demo';
import { isSigned } from '../../app/cli/demo/webhook-receiver';
import { createSystemClock } from '../../platform/clock';
import { createUlids } from '../../platform/ids';
import { createLog } from '../../platform/log';
import { createMetrics } from '../../platform/metrics';
import { createTemporaryFolder } from '../support/temporary-folder';

const place = createTemporaryFolder();
let demo: Demo;

function start(): Promise<Demo> {
  const clock = createSystemClock();
  const parts = { clock, ids: createUlids(), log: createLog('silent'), metrics: createMetrics() };
  return runDemo({ folder: place.path, port: 0, parts });
}

beforeAll(async () => {
  demo = await start();
});
afterAll(async () => {
  await demo.close();
  place.remove();
});

/** The commands of the tour, as a person copies them: what stands between two lines of prose. */
function commandsOf(tour: string): readonly string[] {
  return tour.split('\n\n').filter((paragraph) => /^(curl|node|JOB=)/.test(paragraph));
}

async function follow(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)('bash', ['-c', command]);
  return stdout;
}

interface Page {
  readonly segments: readonly { readonly segment: { readonly id: string } }[];
  readonly decisions: readonly { readonly offer: { readonly id: string }; readonly content: string }[];
}

const idsOf = ({ segments }: Page) => segments.map(({ segment }) => segment.id).sort();
const offersOf = ({ decisions }: Page) => decisions.map(({ offer }) => offer.id);

describe('the demo', () => {
  it('prints a tour whose commands, copied into a shell, answer as it says', async () => {
    const [unified = '', cartAdd = '', purchase = '', , webhook = '', forbidden = '', access = ''] = commandsOf(
      demo.tour,
    );

    const ada = JSON.parse(await follow(unified)).data.profile;
    expect(ada.attributes.loyalty).toEqual({ tier: 'gold', points: 4210 });
    expect(idsOf(ada)).toEqual(['active-now', 'high-value-runners']);
    expect(offersOf(ada)).toEqual(['O-GOLD', 'O-GOLD']);
    expect(ada.decisions[0].content).toContain('Good to see you, Ada');

    const added = JSON.parse(await follow(cartAdd)).data.collect;
    expect(added.results).toEqual([{ status: 'ACCEPTED', message: null }]);
    expect(idsOf(added.profile)).toEqual(['active-now', 'cart-abandoners']);
    expect(offersOf(added.profile)).toEqual(['O-CART10']);

    const bought = JSON.parse(await follow(purchase)).data.collect;
    expect(idsOf(bought.profile)).toEqual(['active-now']);
    expect(offersOf(bought.profile)).toEqual(['O-WELCOME']);

    await demo.attune.idle();
    const [ledger = '', counted = ''] = (await follow(webhook)).split(/\n(?=\{"received")/);
    for (const row of JSON.parse(ledger).data.deliveryLedger) {
      expect(row.received).toBe(row.sent + row.skipped + row.failed + row.pending);
    }
    expect(JSON.parse(counted)).toMatchObject({
      refused: 0,
      segments: { 'cart-abandoners': { realized: 2, exited: 1 } },
    });

    const refused = JSON.parse(await follow(forbidden));
    expect(refused.data.profile).toMatchObject({ attributes: null, segments: [{ segment: { id: 'active-now' } }] });
    expect(refused.errors[0].extensions.code).toBe('FORBIDDEN');

    const { profile, segments } = JSON.parse(await follow(access));
    expect(profile.profile.identities).toMatchObject([{ namespace: 'ECID' }]);
    expect(segments).toBeDefined();
  });

  it('has its visitors where the shop wants them', async () => {
    const ask = async (namespace: string, value: string): Promise<Page> => {
      const query = `{ profile(identity: { namespace: "${namespace}", value: "${value}" }) {
        segments { segment { id } } decisions(placements: [{ placement: "home-hero" }]) { offer { id } content } } }`;
      const { data } = await demo.attune.execute({ query, key: demo.keys.server });
      return (data as { profile: Page }).profile;
    };
    const ben = await ask('CRMID', 'C-200');
    expect([idsOf(ben), offersOf(ben)]).toEqual([['cart-abandoners'], ['O-CART10']]);
    const chiara = await ask('CRMID', 'C-300');
    expect([idsOf(chiara), offersOf(chiara)]).toEqual([['shoe-lovers'], ['O-SHOES']]);
    const dai = await ask('CRMID', 'C-400');
    expect([idsOf(dai), offersOf(dai)]).toEqual([[], ['O-WELCOME']]);
    expect(idsOf(await ask('ECID', `1${'0'.repeat(34)}500`))).toEqual(['active-now', 'spring-visitors']);
  });

  it('streams entries to the client that its tour names', async () => {
    const [, cartAdd = '', , subscribe = ''] = commandsOf(demo.tour);
    const [command = '', ...args] = subscribe.split(' ');
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toMatch(/Listening/);
    await follow(cartAdd);
    const told = [JSON.parse((await lines.next()).value)];
    if (told[0].segmentId === 'active-now') told.push(JSON.parse((await lines.next()).value));
    expect(told.at(-1)).toMatchObject({ segmentId: 'cart-abandoners', status: 'REALIZED' });
    const ended = once(child, 'exit');
    child.kill('SIGINT');
    await ended;
  });

  it('opens its query editor with queries that all answer', async () => {
    const { tabs } = await readEditor('examples/demo/queries', demo.keys, Date.now());
    expect(tabs.length).toBeGreaterThanOrEqual(6);
    for (const { query, headers = {} } of tabs.filter((tab) => !/^subscription/m.test(tab.query))) {
      const body = JSON.stringify({ query });
      const answer = await request(`${demo.url}/graphql`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body,
      });
      const { errors } = (await answer.body.json()) as { errors?: unknown };
      expect([query, errors]).toEqual([query, undefined]);
    }
  });

  it('R-2 starts again with the same data and keys, and takes nobody in twice', async () => {
    const before = await followUnified();
    const { keys } = demo;
    await demo.close();
    demo = await start();
    expect(demo.keys).toEqual(keys);
    expect(await followUnified()).toEqual(before);
  });

  async function followUnified(): Promise<unknown> {
    return JSON.parse(await follow(commandsOf(demo.tour)[0] ?? ''));
  }
});

describe('the webhook of the demo', () => {
  it('A-6 takes what is signed with its secret, and nothing else', () => {
    const nowMs = Date.UTC(2026, 0, 1);
    const sign = (secret: string, seconds: number): string =>
      `t=${seconds},v1=${createHmac('sha256', secret).update(`${seconds}.{}`).digest('hex')}`;
    const seconds = nowMs / 1000;
    expect(isSigned(sign('secret', seconds), '{}', 'secret', nowMs)).toBe(true);
    expect(isSigned(sign('other', seconds), '{}', 'secret', nowMs)).toBe(false);
    expect(isSigned(sign('secret', seconds), '{ }', 'secret', nowMs)).toBe(false);
    expect(isSigned(sign('secret', seconds - 301), '{}', 'secret', nowMs)).toBe(false);
    expect(isSigned(undefined, '{}', 'secret', nowMs)).toBe(false);
    expect(isSigned('t=1,v1=zz', '{}', 'secret', nowMs)).toBe(false);
  });
});
