import { type Attune, createAttune } from './attune';
import type { Ask } from './cli/apply/graph-client';
import { runApply } from './cli/apply/run-apply';
import { describeFault } from './cli/yaml-source';
import { ConfigurationError, type Environment, type Part, readVariables } from './config';
import { type PartUrls, servePart } from './distributed';
import { createGatewayPart } from './gateway-part';
import { type ConfiguredKey, createKey, hashKeys } from './keys';
import { createPlatformParts, type PlatformParts } from './platform-parts';
import { keysOf, rulesOf, storeOf } from './settings';
import { openStore } from './store';

/** A door that is open, until it is closed. */
export interface Served {
  readonly url: string;
  /** Set when the whole of Attune runs in this process. */
  readonly attune?: Attune;
  close(): Promise<void>;
}

/** Serves what the settings name: the whole in one process, or one part of it. */
export function serve(environment: Environment): Promise<Served> {
  const parts = createPlatformParts(environment);
  return environment.SERVE === undefined
    ? serveWhole(environment, parts)
    : serveOne(environment.SERVE, environment, parts);
}

async function serveWhole(environment: Environment, parts: PlatformParts): Promise<Served> {
  warnAboutKeys(environment, parts);
  const { ATTUNE_REQUEST_TIMEOUT_MS: timeoutMs, ATTUNE_BODY_LIMIT_BYTES: bodyLimitBytes } = environment;
  const attune = await createAttune({
    ...parts,
    store: storeOf(environment),
    keys: keysOf(environment),
    ...rulesOf(environment),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(bodyLimitBytes === undefined ? {} : { bodyLimitBytes }),
  });
  try {
    const ask: Ask = (query, variables = {}) => attune.execute({ query, variables, key: attune.adminKey });
    await applyConfiguration(environment, ask, parts);
    const { url } = await attune.listen(environment.PORT, environment.HOST);
    return { url, attune, close: attune.close };
  } catch (error) {
    await attune.close();
    throw error;
  }
}

async function serveOne(part: Part, environment: Environment, parts: PlatformParts): Promise<Served> {
  const secret = required(environment, 'ATTUNE_INTERNAL_SECRET');
  const keys: readonly ConfiguredKey[] = hashKeys(keysOf(environment));
  const urls = urlsOf(environment);
  const { PORT: port, HOST: host } = environment;
  if (part === 'gateway') {
    warnAboutKeys(environment, parts);
    const timeoutMs = environment.ATTUNE_REQUEST_TIMEOUT_MS;
    const bodyLimitBytes = environment.ATTUNE_BODY_LIMIT_BYTES;
    const key = createKey();
    const gateway = await createGatewayPart({
      ...{ platform: parts, urls, secret, timeoutMs, bodyLimitBytes },
      keys: [...keys, ...hashKeys({ admin: key })],
    });
    await applyConfiguration(environment, (query, variables = {}) => gateway.execute({ query, variables, key }), parts);
    const { url } = await gateway.listen(port, host);
    return { url, close: gateway.close };
  }
  required(environment, 'MONGODB_URI');
  const store = await openStore(storeOf(environment), parts.clock, parts.log);
  const served = await servePart(part, {
    platform: { ...parts, store },
    urls,
    secret,
    keys: keys.filter(({ scope }) => scope === 'admin'),
    port,
    host,
    ...rulesOf(environment),
  });
  return {
    url: served.url,
    async close() {
      await served.close();
      await store.close();
    },
  };
}

async function applyConfiguration({ ATTUNE_CONFIG }: Environment, ask: Ask, { log }: PlatformParts): Promise<void> {
  if (ATTUNE_CONFIG === undefined) return;
  const { applied, refused } = await runApply({ folder: ATTUNE_CONFIG, ask, variables: readVariables() });
  if (refused.length > 0) throw new ConfigurationError(refused.map(describeFault).join('\n'));
  log.info({ folder: ATTUNE_CONFIG, items: applied.length }, 'configuration applied');
}

function urlsOf(environment: Environment): PartUrls {
  return {
    profile: required(environment, 'ATTUNE_PROFILE_URL'),
    segments: required(environment, 'ATTUNE_SEGMENTS_URL'),
    offers: required(environment, 'ATTUNE_OFFERS_URL'),
    destinations: required(environment, 'ATTUNE_DESTINATIONS_URL'),
  };
}

function required(environment: Environment, name: keyof Environment): string {
  const value = environment[name];
  if (typeof value !== 'string') throw new ConfigurationError(`${name} must be set when one part is served alone.`);
  return value;
}

function warnAboutKeys(environment: Environment, { log }: PlatformParts): void {
  if (Object.values(keysOf(environment)).every((key) => key === undefined)) {
    log.warn({}, 'no API key is set, so nobody can ask: set ATTUNE_ADMIN_KEY, ATTUNE_SERVER_KEY or ATTUNE_PUBLIC_KEY');
  }
  if (environment.ATTUNE_PUBLIC_KEY !== undefined && environment.ATTUNE_IDENTITY_SECRET === undefined) {
    log.warn({}, "ATTUNE_IDENTITY_SECRET is not set: a person's identity sent with a public key is taken as it is");
  }
}
