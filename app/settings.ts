import type { Environment } from './config';
import type { PlainKeys } from './keys';
import type { StoreOptions } from './store';
import type { Rules } from './subgraphs';

const DAY_MS = 86_400_000;

/** The keys that the settings name. */
export function keysOf(environment: Environment): PlainKeys {
  return {
    public: environment.ATTUNE_PUBLIC_KEY,
    server: environment.ATTUNE_SERVER_KEY,
    admin: environment.ATTUNE_ADMIN_KEY,
    privacy: environment.ATTUNE_PRIVACY_KEY,
  };
}

/** The store that the settings name: MongoDB where its address is set, else the folder. */
export function storeOf({ MONGODB_URI, ATTUNE_DATA }: Environment): StoreOptions {
  return MONGODB_URI === undefined ? { kind: 'embedded', folder: ATTUNE_DATA } : { kind: 'mongodb', uri: MONGODB_URI };
}

/** What the settings say about data, wherever it is opened. */
export function rulesOf(environment: Environment): Rules & { readonly keepLogMs: number } {
  return {
    timeZone: environment.ATTUNE_TIME_ZONE,
    identitySecret: environment.ATTUNE_IDENTITY_SECRET,
    limits: environment.ATTUNE_LIMITS,
    unknownConsents: environment.ATTUNE_UNKNOWN_CONSENT,
    keepLogMs: environment.ATTUNE_LOG_RETENTION_DAYS * DAY_MS,
  };
}
