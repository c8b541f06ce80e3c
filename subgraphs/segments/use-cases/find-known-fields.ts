import type { ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import type { KnownNames } from '../domain/rule';

/** Names that rules may read, as paths from the profile. */
export type KnownFields = Pick<KnownNames, 'fields' | 'declared' | 'isTold'>;

/** Finds them. `met`: people whose fields are known besides. */
export type FindKnownFields = (sandbox: string, met?: readonly ProfileSnapshot[]) => Promise<KnownFields>;

const SAMPLE = 50;
const EVENTS_EACH = 100;
const DEEPEST = 8;
// What every event has, and what only requests tell.
const ALWAYS = ['xEvent._id', 'xEvent.timestamp', 'xEvent.eventType', 'xEvent.identityMap.*', 'context.*'];
const IN_EVENTS = 'xEvent.';

/** The names that schemas declare, and those met in a sample of people; while there is neither, none. */
export function createFindKnownFields(profiles: ProfileReader): FindKnownFields {
  return async (sandbox, met = []) => {
    const [declared = [], people] = await Promise.all([
      profiles.fields?.(sandbox),
      profiles.scan(sandbox, { limit: SAMPLE }),
    ]);
    const paths = new Set(declared.map(({ path }) => path));
    for (const person of [...people, ...met]) addPaths(person, paths);
    if (paths.size === 0) return { fields: [], declared };
    // Where nobody was met, nothing is said of attributes, or of events, that no schema tells of.
    const told = new Set([...paths].map(isOfEvents));
    const isTold = (path: string): boolean => people.length > 0 || told.has(isOfEvents(path));
    return { fields: [...ALWAYS, ...paths], declared, isTold };
  };
}

function isOfEvents(path: string): boolean {
  return path.startsWith(IN_EVENTS);
}

function addPaths({ attributes, computedAttributes, events }: ProfileSnapshot, paths: Set<string>): void {
  collect(attributes, '', paths, 0);
  collect(computedAttributes, 'computedAttributes.', paths, 0);
  for (const { data } of events.slice(-EVENTS_EACH)) collect(data, IN_EVENTS, paths, 0);
}

function collect(value: unknown, prefix: string, paths: Set<string>, depth: number): void {
  if (typeof value !== 'object' || value === null || depth > DEEPEST) return;
  if (Array.isArray(value)) {
    for (const item of value) collect(item, prefix, paths, depth + 1);
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    paths.add(prefix + name);
    collect(inner, `${prefix}${name}.`, paths, depth + 1);
  }
}
