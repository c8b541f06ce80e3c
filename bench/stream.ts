import { performance } from 'node:perf_hooks';
import { quantile, withAttune } from './attune-under-load';

const EVENTS_A_SECOND = 500;
const SECONDS = 10;
const SUBSCRIPTION = 'subscription { segmentQualificationChanged(segments: ["seen"]) { profileId status at } }';
const MUTATION =
  'mutation ($events: [JSONObject!]!) { ingestEvents(dataset: "web", events: $events) { accepted results { profile { id } } } }';

/** From the acknowledgement of an event to the subscriber who hears of the entry that it caused. */
async function measureStream(): Promise<void> {
  await withAttune(async (attune, key) => {
    const ask = (query: string, variables: Record<string, unknown> = {}) =>
      attune.execute({ query, variables, key: attune.adminKey });
    await ask(
      'mutation { putSegment(input: { id: "seen", name: "Seen", rule: "xEvent.count() >= 1", publish: true }) { segment { id } } }',
    );
    await attune.idle();
    const stream = await attune.subscribe({ query: SUBSCRIPTION, key });
    if (!(Symbol.asyncIterator in stream)) throw new Error(JSON.stringify(stream));
    const total = EVENTS_A_SECOND * SECONDS;
    const heardAt = new Map<string, number>();
    const listening = (async () => {
      while (heardAt.size < total) {
        const { value } = await stream.next();
        heardAt.set(value.data.segmentQualificationChanged.profileId, performance.now());
      }
      await stream.return?.();
    })();
    const acknowledgedAt = new Map<string, number>();
    const begun = performance.now();
    const pending: Promise<void>[] = [];
    for (let index = 0; index < total; index += 1) {
      const dueAt = begun + (index * 1000) / EVENTS_A_SECOND;
      while (performance.now() < dueAt) await new Promise(setImmediate);
      const events = [
        {
          _id: `${index}`,
          timestamp: new Date().toISOString(),
          eventType: 'view',
          identityMap: { CRMID: [{ id: `p${index}` }] },
        },
      ];
      pending.push(
        attune.execute({ query: MUTATION, variables: { events }, key }).then(({ data }) => {
          const answer = data as { ingestEvents: { results: { profile: { id: string } }[] } };
          acknowledgedAt.set(answer.ingestEvents.results[0]?.profile.id as string, performance.now());
        }),
      );
    }
    await Promise.all(pending);
    await listening;
    const delays = [...heardAt].map(([id, at]) => at - (acknowledgedAt.get(id) ?? at));
    process.stdout.write(
      `${total} entries at ${EVENTS_A_SECOND}/s, accepted → subscriber: p50 ${quantile(delays, 0.5).toFixed(1)} ms, ` +
        `p95 ${quantile(delays, 0.95).toFixed(1)} ms, p99 ${quantile(delays, 0.99).toFixed(1)} ms\n`,
    );
  });
}

void measureStream();
