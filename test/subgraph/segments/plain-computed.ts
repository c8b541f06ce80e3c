import type { ProfileEvent } from '../../../flow/events';

const HOUR_MS = 3_600_000;
const WINDOW_MS = 5 * HOUR_MS;
/** How fast `liked` fades. */
export const HALF_LIFE_MS = 24 * HOUR_MS;

/** Computed attributes, plainly: how much each type of event is liked, fading, and how many events were in five hours. */
export function computePlainly(events: readonly ProfileEvent[], nowMs: number) {
  const past = events.filter(({ timestampMs }) => timestampMs <= nowMs);
  const liked = new Map<string, number>();
  for (const { timestampMs, data } of past) {
    const topic = String(data.eventType);
    liked.set(topic, (liked.get(topic) ?? 0) + 0.5 ** ((nowMs - timestampMs) / HALF_LIFE_MS));
  }
  return {
    liked: Object.fromEntries([...liked].map(([topic, score]) => [topic, Number(score.toPrecision(12))])),
    recent: past.filter(({ timestampMs }) => timestampMs > nowMs - WINDOW_MS).length,
  };
}

/** The same as the profile subgraph tells it. */
export function tellComputed(events: readonly ProfileEvent[], nowMs: number) {
  const turns = events.flatMap(({ timestampMs }) => [timestampMs, timestampMs + WINDOW_MS]);
  const untilMs = Math.min(...turns.filter((turnMs) => turnMs > nowMs));
  return {
    computedAttributes: computePlainly(events, nowMs),
    ...(Number.isFinite(untilMs) && { computedUntilMs: untilMs }),
    computedHalfLivesMs: { liked: HALF_LIFE_MS },
  };
}
