import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import { createGateway, type Gateway, type GatewayOptions } from '../../gateway/gateway';
import { createInProcessLink, type InProcessLinkOptions } from '../../gateway/links/in-process';
import type { Link } from '../../gateway/links/link';
import { createUlids } from '../../platform/ids';
import { createLog } from '../../platform/log';
import { createMetrics } from '../../platform/metrics';
import { createManualClock, type ManualClock } from '../support/manual-clock';

const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: [
  "@key", "@requires", "@provides", "@external", "@shareable", "@inaccessible", "@override", "@interfaceObject"
])\n`;

/** One subgraph of a test: SDL without its federation link, and resolvers. */
export interface TestSubgraph {
  readonly name: string;
  readonly sdl: string;
  readonly resolvers?: Record<string, unknown>;
}

/** What every gateway of a test stands on. */
export function createParts(clock: ManualClock = createManualClock()) {
  return { clock, ids: createUlids(), log: createLog('silent'), metrics: createMetrics() };
}

/** A test's SDL with its federation link. */
export function withLink(sdl: string): string {
  return LINK + sdl;
}

/** The executable schema of a test's subgraph. */
export function toSchema({ sdl, resolvers = {} }: TestSubgraph) {
  // biome-ignore lint/suspicious/noExplicitAny: resolvers of a test.
  return buildSubgraphSchema([{ typeDefs: parse(LINK + sdl), resolvers: resolvers as any }]);
}

/** A link to a test's subgraph in this process. */
export function toLink(subgraph: TestSubgraph, options: Partial<InProcessLinkOptions> = {}): Link {
  const { name, sdl } = subgraph;
  const clock = createManualClock();
  return createInProcessLink({ name, schema: toSchema(subgraph), sdl: LINK + sdl, clock, ...options });
}

/** A gateway that asks nobody for a key, over subgraphs of this process. */
export async function openGateway(
  subgraphs: readonly (TestSubgraph | Link)[],
  options: Partial<GatewayOptions> = {},
): Promise<Gateway> {
  const parts = createParts();
  const links = subgraphs.map((one) => ('execute' in one ? one : toLink(one, { clock: parts.clock })));
  return createGateway({ ...parts, links, authorize: 'none', ...options });
}
