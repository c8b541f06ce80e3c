import type { Clock } from '../platform/clock';
import { AppError } from '../platform/errors';
import type { Ids } from '../platform/ids';
import type { Log } from '../platform/log';
import type { Metrics } from '../platform/metrics';
import type { GatewayKey } from './context';
import { createGateway, type Gateway, type GatewayOptions } from './gateway';
import { createRemoteLink } from './links/remote';
import { readSupergraph } from './supergraph';

type StandaloneOption = 'limits' | 'timeoutMs' | 'editor' | 'overrideLabels' | 'random';

/** How a gateway over any composed supergraph is made. */
export interface StandaloneGatewayOptions extends Pick<GatewayOptions, StandaloneOption> {
  readonly supergraphSdl: string;
  /** `none`: anybody may ask anything; else the holders of these keys may, whatever their scope. */
  readonly authorize: 'none' | readonly GatewayKey[];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
}

/** A gateway over HTTP subgraphs whose addresses the supergraph names. Throws BAD_USER_INPUT when it names none. */
export async function createStandaloneGateway(options: StandaloneGatewayOptions): Promise<Gateway> {
  const { supergraphSdl, authorize, clock } = options;
  const links = readSupergraph(supergraphSdl).services.map(({ name, url }) => {
    if (/^https?:\/\//.test(url)) return createRemoteLink({ name, url, clock });
    throw new AppError(
      'BAD_USER_INPUT',
      `The supergraph gives no HTTP address for the ${name} subgraph: ${url || 'none'}.`,
    );
  });
  return createGateway({
    ...options,
    links,
    ...(authorize === 'none' ? { authorize } : { authorize: 'holders', keys: authorize }),
  });
}
