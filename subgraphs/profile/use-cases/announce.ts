import type { Cause, ProfileChanged } from '../../../flow/events';
import type { NewLogEntry } from '../../../platform/store/event-log';
import { type ComputedValues, toComputedFields } from '../domain/compute';
import type { ChangedPerson } from '../domain/fold-cluster';
import type { Item } from '../domain/item';

type Fields = Readonly<Record<string, unknown>>;

/** What is told of a change beside what the change itself says. */
export interface Announcement {
  readonly attributes?: Fields | undefined;
  readonly computed?: ComputedValues | undefined;
  /** Why, where the items do not say it. */
  readonly cause?: Cause | undefined;
}

/** The entry that announces a change of one profile. */
export function toProfileChanged(changed: ChangedPerson, told: Announcement, nowMs: number): NewLogEntry {
  const { id, head, items, gained, rebuilt } = changed;
  const { attributes, computed } = told;
  const events = items.filter(({ kind }) => kind === 'EVENT');
  const rest = {
    profileId: id,
    revision: head.revision,
    atMs: nowMs,
    cause: told.cause ?? causeOf(changed),
    ...(attributes ? { attributes } : {}),
    ...(computed ? toComputedFields(computed) : {}),
    ...(gained.length > 0 ? { identities: gained } : {}),
    ...(rebuilt ? { rebuilt } : {}),
    ...(head.endedIn === undefined ? {} : { endedIn: head.endedIn }),
  };
  const body: ProfileChanged = {
    ...rest,
    events: events.map(({ key, atMs, data }) => ({ key, timestampMs: atMs, data })),
  };
  const json = `${JSON.stringify(rest).slice(0, -1)},"events":[${events.map(toEventJson).join()}]}`;
  return { stream: 'ProfileChanged', key: id, id: `${id}|${head.revision}`, at: nowMs, body, json };
}

// The item's own text was made already to measure it.
function toEventJson({ key, atMs, json }: Item): string {
  return `{"key":${JSON.stringify(key)},"timestampMs":${atMs},"data":${json}}`;
}

function causeOf({ items, gained, merged, split, rebuilt, head }: ChangedPerson): Cause {
  const last = items.at(-1);
  const reference = last ? { reference: last.key } : {};
  if (merged.length > 0 || head.endedIn !== undefined || (rebuilt && !split && gained.length > 0)) {
    return { kind: 'MERGE', ...reference };
  }
  if (split || rebuilt) return { kind: 'SPLIT', ...reference };
  if (last?.kind === 'REFRESH') return { kind: 'RULE', reference: last.id };
  return { kind: last?.kind === 'EVENT' ? 'EVENT' : 'RECORD', ...reference };
}
