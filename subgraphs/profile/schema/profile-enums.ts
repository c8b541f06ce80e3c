import { registerEnumType } from 'type-graphql';
import type { ComputedFunction as ComputedFunctionName } from '../domain/computed/computed-attribute';
import type { DatasetKind as DatasetKindName } from '../domain/dataset';
import type { IdentityChangeCause as IdentityChangeCauseName } from '../domain/history';
import type { AuthenticatedState as AuthenticatedStateName } from '../domain/identity';
import type { ConsentStatus as ConsentStatusName } from '../domain/item';
import type { MergePolicy } from '../domain/merge-policy';
import type { NamespaceType as NamespaceTypeName, Normalization as NormalizationName } from '../domain/namespace';

type Names<T extends string> = { readonly [K in T]: K };

export const AuthenticatedState: Names<AuthenticatedStateName> = {
  AMBIGUOUS: 'AMBIGUOUS',
  AUTHENTICATED: 'AUTHENTICATED',
  LOGGED_OUT: 'LOGGED_OUT',
};
registerEnumType(AuthenticatedState, {
  name: 'AuthenticatedState',
  description: 'What the newest item that carried an identity said of it.',
});

export const ConsentStatus: Names<ConsentStatusName> = { GRANTED: 'GRANTED', DENIED: 'DENIED', UNKNOWN: 'UNKNOWN' };
registerEnumType(ConsentStatus, { name: 'ConsentStatus', description: 'What a person agreed to.' });

export const IngestStatus: Names<'ACCEPTED' | 'DUPLICATE' | 'REJECTED'> = {
  ACCEPTED: 'ACCEPTED',
  DUPLICATE: 'DUPLICATE',
  REJECTED: 'REJECTED',
};
registerEnumType(IngestStatus, { name: 'IngestStatus', description: 'How it ended for one item.' });

export const DatasetKind: Names<DatasetKindName> = { EVENTS: 'EVENTS', RECORDS: 'RECORDS' };
registerEnumType(DatasetKind, {
  name: 'DatasetKind',
  description: 'Whether the items of a dataset say what people did, or what they are.',
});

export const IdentityChangeCause: Names<IdentityChangeCauseName> = {
  ITEM: 'ITEM',
  UNLINK: 'UNLINK',
  BATCH: 'BATCH',
  CONFIGURATION: 'CONFIGURATION',
};
registerEnumType(IdentityChangeCause, {
  name: 'IdentityChangeCause',
  description:
    'What changed the identities of a profile: an item, unlinkIdentity, a batch taken back, or changed configuration.',
});

export const NamespaceType: Names<NamespaceTypeName> = {
  CROSS_DEVICE: 'CROSS_DEVICE',
  EMAIL: 'EMAIL',
  PHONE: 'PHONE',
  DEVICE: 'DEVICE',
  COOKIE: 'COOKIE',
};
registerEnumType(NamespaceType, { name: 'NamespaceType', description: 'What the values of a namespace name.' });

export const Normalization: Names<NormalizationName> = { NONE: 'NONE', LOWER_CASE: 'LOWER_CASE', E164: 'E164' };
registerEnumType(Normalization, { name: 'Normalization', description: 'How values are written before they are kept.' });

export const IdentityGraphKind: Names<MergePolicy['identityGraph']> = { STITCHED: 'STITCHED', NONE: 'NONE' };
registerEnumType(IdentityGraphKind, {
  name: 'IdentityGraphKind',
  description: 'Whether all identities of a person are one view, or each is its own.',
});

export const AttributeMerge: Names<MergePolicy['attributes']> = {
  TIMESTAMP: 'TIMESTAMP',
  DATASET_PRECEDENCE: 'DATASET_PRECEDENCE',
};
registerEnumType(AttributeMerge, { name: 'AttributeMerge', description: 'Which of several values holds.' });

export const ComputedFunction: Names<ComputedFunctionName> = {
  COUNT: 'COUNT',
  SUM: 'SUM',
  AVERAGE: 'AVERAGE',
  MIN: 'MIN',
  MAX: 'MAX',
  FIRST: 'FIRST',
  LAST: 'LAST',
  DISTINCT_COUNT: 'DISTINCT_COUNT',
  AFFINITY: 'AFFINITY',
};
registerEnumType(ComputedFunction, {
  name: 'ComputedFunction',
  description: 'How events become a value. AFFINITY: topic → weighted score.',
});
