import { performance } from 'node:perf_hooks';
import { Agent, request } from 'undici';
import { publishSegments, quantile, withAttune } from './attune-under-load';

const AT_ONCE = 32;
const CALLS = 15_000;
const SEGMENTS = 100;
const QUERY =
  'mutation Collect($input: CollectInput!) { collect(input: $input) { results { status } profile { id segments { segment { id } } } } }';

/** Single `collect` calls over HTTP, 32 at once, each durable before it is answered. */
async function measureCollect(): Promise<void> {
  await withAttune(async (attune, key) => {
    await publishSegments(attune, SEGMENTS);
    const { url } = await attune.listen(0);
    const dispatcher = new Agent({ connections: AT_ONCE });
    const call = async (index: number): Promise<void> => {
      const input = {
        identityMap: { CRMID: [{ id: `p${(index * 7919) % 5000}` }] },
        events: [{ _id: `${index}`, timestamp: new Date().toISOString(), eventType: `kind${index % 10}` }],
      };
      const answer = await request(`${url}/graphql`, {
        dispatcher,
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
        body: JSON.stringify({ query: QUERY, variables: { input } }),
      });
      const { errors } = (await answer.body.json()) as { errors?: unknown };
      if (errors) throw new Error(JSON.stringify(errors));
    };
    let next = 0;
    const times: number[] = [];
    const worker = async (until: number): Promise<void> => {
      while (next < until) {
        const begun = performance.now();
        next += 1;
        await call(next);
        times.push(performance.now() - begun);
      }
    };
    const runUntil = (until: number) => Promise.all(Array.from({ length: AT_ONCE }, () => worker(until)));
    await runUntil(2_000);
    times.length = 0;
    const cpu = process.cpuUsage();
    const begun = performance.now();
    await runUntil(next + CALLS);
    const seconds = (performance.now() - begun) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    process.stdout.write(
      `${CALLS} collects, ${AT_ONCE} at once, ${SEGMENTS} segments: ${Math.round(CALLS / seconds)}/s, ` +
        `p95 ${quantile(times, 0.95).toFixed(1)} ms, ${((user + system) / 1000 / CALLS).toFixed(2)} ms CPU a call (client's included)\n`,
    );
    await dispatcher.close();
  });
}

void measureCollect();
