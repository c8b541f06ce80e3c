import type { Progress } from '../../../platform/graphql/progress.type';
import type { Job } from '../store/job-store';

/** How far a job has come, as callers see it. */
export function toProgress({ done, total, finishedAtMs }: Job): Progress {
  return { done, total, finishedAt: finishedAtMs === undefined ? null : new Date(finishedAtMs) };
}
