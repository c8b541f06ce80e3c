import type { Cause, ProfileChanged } from '../../../flow/events';
import type { ProfileSnapshot } from '../../../flow/ports';
import type { Scan } from '../domain/evaluate-profile';
import type { Sight } from '../domain/take-screened';

/** One profile to be brought up to date. Each at most once in a call. */
export interface Task {
  readonly profileId: string;
  /** Changes that were delivered, in order. Absent: whatever the profile subgraph has. */
  readonly changes?: readonly ProfileChanged[];
  /** The profile as it was just read. */
  readonly snapshot?: ProfileSnapshot;
  /** Up to when time has its effect, for one who was listed to be looked at; absent: up to the last change. */
  readonly untilMs?: number;
  /** Set when audiences from elsewhere may name the profile anew, or no more: what moves it then. */
  readonly importCause?: Cause;
  /** What a screening found: where it suffices, nothing else is read of the profile. */
  readonly sight?: Sight;
  /** General rules to be asked of `snapshot`. */
  readonly scan?: Omit<Scan, 'snapshot'>;
}
