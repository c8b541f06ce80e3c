import { configurationCollection } from '../../../platform/store/configuration';
import type { CollectionSpec } from '../../../platform/store/store';

const spec = (name: string, indexes: CollectionSpec['indexes'] = []): CollectionSpec => ({ name, indexes });

/** Heads of profiles, by id. */
export const headsSpec = spec('profiles', [{ name: 'idle', fields: ['idleHour'] }]);
/** `namespace|value` → whose it is, or was before that profile became part of theirs. */
export const identitiesSpec = spec('profile_identities');
/** What the records of one dataset say about one identity, by `dataset|identity`. */
export const fragmentsSpec = spec('profile_fragments');
/** Events by `dataset|_id`; of those that show, `owner` and `timestampMs` are set. */
export const eventsSpec = spec('profile_events', [
  { name: 'owner', fields: ['owner', 'timestampMs'] },
  { name: 'hidden', fields: ['hiddenOwner'] },
  { name: 'former', fields: ['formerOwner'] },
]);
/** Records as they came. */
export const recordsSpec = spec('profile_records', [
  { name: 'owner', fields: ['owner'] },
  { name: 'hidden', fields: ['hiddenOwner'] },
]);
/** Items that were refused, with why. */
export const failedItemsSpec = spec('profile_failed_items', [{ name: 'dataset', fields: ['dataset'] }]);
/** Answers to requests that brought an id. */
export const requestsSpec = spec('profile_requests', [{ name: 'at', fields: ['atMs'] }]);
/** What happened to the identities of a profile. */
export const historySpec = spec('profile_identity_history', [{ name: 'profile', fields: ['profileId'] }]);
/** What is kept of events for computed attributes, by identity. */
export const computedSpec = spec('profile_computed');
/** Work in the background. */
export const jobsSpec = spec('profile_jobs', [
  { name: 'open', fields: ['openSinceMs'] },
  { name: 'kind', fields: ['kind'] },
]);
/** Documents of privacy jobs, in parts. */
export const privacyDocumentsSpec = spec('profile_privacy_documents', [{ name: 'at', fields: ['atMs'] }]);
/** Batches, and the items in them by `batch|kind|key`; each is found by the identities that it names. */
export const batchesSpec = spec('profile_batches');
export const batchItemsSpec = spec('profile_batch_items', [{ name: 'named', fields: ['batch', 'identity'] }]);
/** Hashes of identities of people who were deleted. */
export const tombstonesSpec = spec('profile_tombstones', [{ name: 'at', fields: ['atMs'] }]);
/** Links of device graphs, by `linksId|identity`: a document for each end. `untilMs`: when the first of them ends. */
export const deviceLinksSpec = spec('profile_device_links', [{ name: 'until', fields: ['untilMs'] }]);
export const configurationSpec = configurationCollection('profile');

/** What the profile subgraph keeps. */
export const profileCollections: readonly CollectionSpec[] = [
  configurationSpec,
  headsSpec,
  identitiesSpec,
  fragmentsSpec,
  eventsSpec,
  recordsSpec,
  failedItemsSpec,
  requestsSpec,
  historySpec,
  computedSpec,
  jobsSpec,
  batchesSpec,
  batchItemsSpec,
  tombstonesSpec,
  privacyDocumentsSpec,
  deviceLinksSpec,
];
