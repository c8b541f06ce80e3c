import { ConstantBackoff, handleWhen, retry } from 'cockatiel';
import type { SubgraphName } from '../flow/table';
import { createGateway, type EditorOptions, type Gateway } from '../gateway/gateway';
import { signInternal } from '../gateway/internal-header';
import { createRemoteLink } from '../gateway/links/remote';
import { isAppError } from '../platform/errors';
import type { RequestContext } from '../platform/graphql/request-context';
import type { Platform } from '../platform/platform';
import type { PartUrls } from './distributed';
import { createForwardedRoute } from './forwarded-route';
import type { ConfiguredKey } from './keys';

const SUBGRAPHS: readonly SubgraphName[] = ['profile', 'segments', 'offers', 'destinations'];
const START_ATTEMPTS = 600;
const START_PAUSE_MS = 100;

/** What the gateway as a process of its own is made with. It keeps no data. */
export interface GatewayPartOptions {
  readonly platform: Omit<Platform, 'store'>;
  readonly urls: PartUrls;
  readonly secret: string;
  readonly keys: readonly ConfiguredKey[];
  readonly timeoutMs?: number | undefined;
  readonly bodyLimitBytes?: number | undefined;
  readonly editor?: EditorOptions;
}

/** Makes the gateway over remote subgraphs. Waits up to a minute for those that are still starting. */
export async function createGatewayPart(options: GatewayPartOptions): Promise<Gateway> {
  const { platform, urls, secret, keys, timeoutMs, bodyLimitBytes, editor } = options;
  const { clock } = platform;
  const links = SUBGRAPHS.map((name) => createRemoteLink({ name, url: `${urls[name]}/graphql`, secret, clock }));
  const sign = (context: RequestContext): Readonly<Record<string, string>> =>
    signInternal(context, secret, clock.now());
  const routes = [
    createForwardedRoute({ method: 'POST', path: '/ingest/:dataset', url: urls.profile, sign }),
    createForwardedRoute({ method: 'GET', path: '/privacy/:id', url: urls.profile, sign }),
    createForwardedRoute({ method: 'POST', path: '/device-graphs/:graph', url: urls.profile, sign }),
    createForwardedRoute({ method: 'POST', path: '/audiences/:audience', url: urls.segments, sign }),
  ];
  const patience = retry(
    handleWhen((error) => isAppError(error, 'UNAVAILABLE')),
    { maxAttempts: START_ATTEMPTS, backoff: new ConstantBackoff(START_PAUSE_MS) },
  );
  await Promise.all(links.map((link) => patience.execute(() => link.sdl())));
  const gateway = await createGateway({
    ...platform,
    links,
    keys,
    routes,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(bodyLimitBytes === undefined ? {} : { limits: { bodyBytes: bodyLimitBytes } }),
    ...(editor === undefined ? {} : { editor }),
  });
  return {
    ...gateway,
    async close() {
      await gateway.close();
      for (const route of routes) await route.close();
    },
  };
}
