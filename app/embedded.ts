import { createDispatcher, type Dispatcher } from '../flow/dispatch';
import { createInProcessLink } from '../gateway/links/in-process';
import type { Link } from '../gateway/links/link';
import type { Platform } from '../platform/platform';
import { startLogTrimmer } from './log-trimmer';
import { createSubgraphs, type Rules, type Subgraphs } from './subgraphs';

/** Everything behind the gateway, in one process. */
export interface Embedded {
  readonly subgraphs: Subgraphs;
  readonly links: readonly Link[];
  /** Resolves when what was acknowledged before has come through: segments follow, messages are out. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Makes the four subgraphs with in-process links, and brings the log's entries to their reactions. */
export function createEmbedded(platform: Platform, rules: Rules, keepLogMs: number): Embedded {
  const subgraphs = createSubgraphs(platform, rules);
  const { profile, segments, offers, destinations } = subgraphs;
  const all = [profile, segments, offers, destinations];
  const toSegments = createDispatcher({ platform, subgraph: 'segments', reactions: segments.reactions });
  const toDestinations = createDispatcher({ platform, subgraph: 'destinations', reactions: destinations.reactions });
  const dispatchers: readonly Dispatcher[] = [toSegments, toDestinations];
  const stopTrimming = startLogTrimmer(platform, keepLogMs);
  for (const subgraph of all) subgraph.start();
  for (const dispatcher of dispatchers) dispatcher.start();
  return {
    subgraphs,
    links: all.map(({ name, schema, sdl }) => createInProcessLink({ name, schema, sdl, clock: platform.clock })),
    async idle() {
      for (const stage of [profile, toSegments, segments, offers, toDestinations, destinations]) await stage.idle();
    },
    async close() {
      await stopTrimming();
      for (const dispatcher of dispatchers) await dispatcher.close();
      for (const subgraph of all.reverse()) await subgraph.close();
    },
  };
}
