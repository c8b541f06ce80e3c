import type { Cause } from '../../../flow/events';
import type { NewLogEntry } from '../../../platform/store/event-log';
import type { Write } from '../../../platform/store/store';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { Person } from '../domain/head';

/** What is to be committed about people, decided on what was loaded. Made anew when another process was faster. */
export interface Plan<T> {
  readonly writes: readonly Write[];
  readonly entries: readonly NewLogEntry[];
  readonly changed: readonly ChangedPerson[];
  /** Profiles whose head is written anew although nothing is announced of them. */
  readonly quiet?: readonly Person[];
  /** Identities whose links in a device graph are others now. */
  readonly relinked?: readonly Relinked[];
  /** Profiles of which nothing is left, not even that they ended. */
  readonly gone?: readonly string[];
  /** What is answered when it is there for good. */
  readonly result: T;
}

/** The ends of links of a device graph that came, changed or went. */
export interface Relinked {
  readonly linksId: string;
  readonly keys: readonly string[];
  readonly cause: Cause;
}

/** Commits plans, one after another. */
export type CommitPlan = <T>(sandbox: string, makePlan: () => Promise<Plan<T>>) => Promise<T>;
