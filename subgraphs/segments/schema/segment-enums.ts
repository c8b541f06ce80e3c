import { registerEnumType } from 'type-graphql';
import type { Cause } from '../../../flow/events';
import type { SegmentStatus } from '../domain/segment';

/** Where a segment stands. */
export const SegmentLifecycle = {
  DRAFT: 'DRAFT',
  PUBLISHED: 'PUBLISHED',
  INACTIVE: 'INACTIVE',
  DELETED: 'DELETED',
} as const satisfies Record<SegmentStatus, SegmentStatus>;

registerEnumType(SegmentLifecycle, {
  name: 'SegmentLifecycle',
  description: 'Where a segment stands; only a published one has members.',
});

/** How a rule is evaluated. */
export const EvaluationMethod = { EDGE: 'EDGE', STREAMING: 'STREAMING', BATCH: 'BATCH' } as const;
export type EvaluationMethod = (typeof EvaluationMethod)[keyof typeof EvaluationMethod];

registerEnumType(EvaluationMethod, {
  name: 'EvaluationMethod',
  description: 'How a rule is evaluated: on the request itself, on every change, or by a scan.',
});

/** What moved a membership. */
export const CauseKind = {
  EVENT: 'EVENT',
  RECORD: 'RECORD',
  TIME: 'TIME',
  MERGE: 'MERGE',
  SPLIT: 'SPLIT',
  IMPORT: 'IMPORT',
  RULE: 'RULE',
  EXPIRY: 'EXPIRY',
  PRIVACY: 'PRIVACY',
} as const satisfies Record<Cause['kind'], Cause['kind']>;

registerEnumType(CauseKind, { name: 'CauseKind', description: 'What moved a membership.' });

/** How far a job has come. */
export const JobStatus = {
  PENDING: 'PENDING',
  RUNNING: 'RUNNING',
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
} as const;
export type JobStatus = (typeof JobStatus)[keyof typeof JobStatus];

registerEnumType(JobStatus, { name: 'JobStatus', description: 'How far a job has come.' });
