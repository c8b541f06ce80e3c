import type { MembershipChanged } from '../../../flow/events';
import { DONE, type Outcome } from '../../../flow/reactions';
import type { LogEntry } from '../../../platform/store/event-log';
import type { News } from '../domain/lane';
import type { DestinationsConfiguration, Routes } from '../store/destinations-configuration';
import type { TakeIn } from './take-in';

type Entries = readonly LogEntry<MembershipChanged>[];

/** Takes changes of memberships in for every destination that the segment is activated to. */
export type NotifyDestinations = (entries: Entries) => Promise<readonly Outcome[]>;

/** @param wake called for each destination that was told something */
export function createNotifyDestinations(
  configuration: DestinationsConfiguration,
  takeIn: TakeIn,
  wake: (sandbox: string, destination: string) => void,
): NotifyDestinations {
  return async (entries) => {
    for (const sandbox of new Set(entries.map((entry) => entry.sandbox))) {
      const routes = await configuration.routes(sandbox);
      const news = newsByDestination(
        entries.filter((entry) => entry.sandbox === sandbox),
        routes,
      );
      await Promise.all(
        [...news].map(async ([destination, ofOne]) => {
          const target = routes.destinations.get(destination);
          if (!target) return;
          await takeIn(sandbox, target, ofOne);
          wake(sandbox, destination);
        }),
      );
    }
    return entries.map(() => DONE);
  };
}

function newsByDestination(entries: Entries, { bySegment }: Routes): ReadonlyMap<string, readonly News[]> {
  const byDestination = new Map<string, News[]>();
  for (const entry of entries) {
    for (const { destination, key } of bySegment.get(entry.body.segmentId) ?? []) {
      const news = byDestination.get(destination) ?? [];
      byDestination.set(destination, news);
      news.push(toNews(entry, key));
    }
  }
  return byDestination;
}

function toNews({ body, position }: LogEntry<MembershipChanged>, activation: string): News {
  return {
    profileId: body.profileId,
    segment: body.segmentId,
    status: body.status,
    qualifiedAtMs: body.atMs,
    activation,
    source: { kind: 'LOG', position },
    merged: body.cause.kind === 'MERGE',
  };
}
