import { createDispatcher, type Dispatcher } from '../flow/dispatch';
import type { MergePolicyUsers, PrivacyHolder, ProfileReader, SegmentReader, SegmentUsers } from '../flow/ports';
import type { ReactionsOf } from '../flow/reactions';
import type { SubgraphName } from '../flow/table';
import { signInternal } from '../gateway/internal-header';
import { createSubgraphServer } from '../gateway/subgraph-server';
import type { RequestContext } from '../platform/graphql/request-context';
import type { SubgraphSchema } from '../platform/graphql/subgraph-schema';
import type { Route } from '../platform/http/route';
import type { Platform } from '../platform/platform';
import { createDestinationsSubgraph } from '../subgraphs/destinations';
import { createOffersSubgraph } from '../subgraphs/offers';
import { createProfileSubgraph } from '../subgraphs/profile';
import { createSegmentsSubgraph } from '../subgraphs/segments';
import { type ConfiguredKey, DEFAULT_SANDBOX } from './keys';
import { startLogTrimmer } from './log-trimmer';
import { createPortClients, createPortRoute, type PortClients, type Ports } from './ports-over-http';
import { profileRules, type Rules, segmentRules } from './subgraphs';

/** Where each part listens, without a path. */
export type PartUrls = Readonly<Record<SubgraphName, string>>;

/** One subgraph as a process of its own. */
export interface ServedPart {
  readonly port: number;
  readonly url: string;
  /** Resolves when this part has done what is due of what was acknowledged before. */
  idle(): Promise<void>;
  /** Answers what is under way, then lets go of all but the store. */
  close(): Promise<void>;
}

/** What a part is served with. */
export interface PartOptions extends Rules {
  readonly platform: Platform;
  readonly urls: PartUrls;
  /** Shared by all parts: proves that a call comes from one of them. */
  readonly secret: string;
  /** Admin keys, for a developer who asks this part directly. */
  readonly keys: readonly ConfiguredKey[];
  readonly port: number;
  readonly host: string;
  readonly keepLogMs: number;
}

interface Part extends SubgraphSchema {
  readonly name: SubgraphName;
  readonly ports: Ports;
  readonly routes?: readonly Route[];
  readonly dispatcher?: Dispatcher;
  start(): void;
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Serves one subgraph over HTTP; it dispatches its own rows of the flow's table from the shared log. */
export async function servePart(name: SubgraphName, options: PartOptions): Promise<ServedPart> {
  const { platform, secret, keys, port, host, keepLogMs } = options;
  const clients = createPortClients();
  const part = createPart[name](options, clients);
  const server = createSubgraphServer({
    ...platform,
    ...part,
    secret,
    keys,
    internalRoutes: [createPortRoute(part.ports, platform.clock)],
  });
  const listening = await server.listen(port, host);
  const stopTrimming = name === 'profile' ? startLogTrimmer(platform, keepLogMs) : undefined;
  part.start();
  part.dispatcher?.start();
  return {
    ...listening,
    async idle() {
      await part.dispatcher?.idle();
      await part.idle();
    },
    async close() {
      await stopTrimming?.();
      await server.close();
      await part.dispatcher?.close();
      await part.close();
      await clients.close();
    },
  };
}

const createPart: Readonly<Record<SubgraphName, (options: PartOptions, clients: PortClients) => Part>> = {
  profile(options, clients) {
    const { platform } = options;
    const holders = HOLDERS.map((name) => privacyPort(options, clients, name));
    const policyUsers = [policyUsersPort(options, clients)];
    const profile = createProfileSubgraph(platform, {
      ...profileRules(options),
      privacy: () => holders,
      policyUsers: () => policyUsers,
    });
    return { ...profile, ports: { profiles: profile.reader } };
  },
  segments(options, clients) {
    const { platform } = options;
    const users = [usersPort(options, clients, 'offers'), usersPort(options, clients, 'destinations')];
    const segments = createSegmentsSubgraph(platform, {
      profiles: profilesPort(options, clients),
      users: () => users,
      ...segmentRules(options),
    });
    return {
      ...segments,
      ports: { segments: segments.reader, privacy: segments.privacy, policyUsers: segments.policyUsers },
      dispatcher: dispatcherOf(platform, segments),
    };
  },
  offers(options, clients) {
    const offers = createOffersSubgraph(options.platform, portsOfPeople(options, clients));
    return { ...offers, ports: { users: offers.users, privacy: offers.privacy } };
  },
  destinations(options, clients) {
    const { platform } = options;
    const destinations = createDestinationsSubgraph(platform, portsOfPeople(options, clients));
    return {
      ...destinations,
      ports: { users: destinations.users, privacy: destinations.privacy },
      dispatcher: dispatcherOf(platform, destinations),
    };
  },
};

function dispatcherOf<S extends SubgraphName>(
  platform: Platform,
  { name, reactions }: { readonly name: S; readonly reactions: ReactionsOf<S> },
): Dispatcher {
  return createDispatcher({ platform, subgraph: name, reactions });
}

// What offers and destinations need of the others, and the zone of their rules.
function portsOfPeople(options: PartOptions, clients: PortClients) {
  const { timeZone } = options;
  return { profiles: profilesPort(options, clients), segments: segmentsPort(options, clients), timeZone };
}

function profilesPort(options: PartOptions, clients: PortClients): ProfileReader {
  const methods = [
    'find',
    'keysOf',
    'getMany',
    'computed',
    'views',
    'joinedWith',
    'policies',
    'fields',
    'changes',
    'scan',
  ] as const;
  return clients.create<ProfileReader>(methods, {
    url: options.urls.profile,
    port: 'profiles',
    sign: signatureOf(options),
  });
}

function segmentsPort(options: PartOptions, clients: PortClients): SegmentReader {
  const methods = ['published', 'members', 'realized'] as const;
  return clients.create<SegmentReader>(methods, {
    url: options.urls.segments,
    port: 'segments',
    sign: signatureOf(options),
  });
}

function usersPort(options: PartOptions, clients: PortClients, owner: 'offers' | 'destinations'): SegmentUsers {
  return clients.create<SegmentUsers>(['usersOf'], {
    url: options.urls[owner],
    port: 'users',
    sign: signatureOf(options),
  });
}

function policyUsersPort(options: PartOptions, clients: PortClients): MergePolicyUsers {
  return clients.create<MergePolicyUsers>(['usersOfPolicy'], {
    url: options.urls.segments,
    port: 'policyUsers',
    sign: signatureOf(options),
  });
}

// The order in which they are asked: exits are announced before they are sent.
const HOLDERS = ['segments', 'offers', 'destinations'] as const;

/** What another part holds about people. Going through it may take longer than other calls. */
function privacyPort(options: PartOptions, clients: PortClients, owner: (typeof HOLDERS)[number]): PrivacyHolder {
  const port = clients.create<PrivacyHolder>(['gather', 'erase'], {
    url: options.urls[owner],
    port: 'privacy',
    sign: signatureOf(options),
    timeoutMs: 120_000,
  });
  return { ...port, name: owner };
}

const CALL_MS = 10_000;

function signatureOf({ platform: { clock, ids }, secret }: PartOptions): () => Readonly<Record<string, string>> {
  return () => {
    const nowMs = clock.now();
    const context: RequestContext = {
      sandbox: DEFAULT_SANDBOX,
      scope: 'admin',
      requestId: ids.next(),
      nowMs,
      deadlineAtMs: nowMs + CALL_MS,
      operation: 'query',
    };
    return signInternal(context, secret, nowMs);
  };
}
