import type { ProfileReader, ProfileSnapshot } from '../../../flow/ports';

/** Names that rules may read, as paths from the profile. */
export type FindKnownFields = (sandbox: string) => Promise<readonly string[]>;

const SAMPLE = 50;
const EVENTS_EACH = 100;
const DEEPEST = 8;
// What every event has, and what only requests and computed attributes tell.
const ALWAYS = ['xEvent._id', 'xEvent.timestamp', 'xEvent.eventType', 'xEvent.identityMap.*', 'context.*'];

/** The names met in a sample of people; none while there is nobody. */
export function createFindKnownFields(profiles: ProfileReader): FindKnownFields {
  return async (sandbox) => {
    const people = await profiles.scan(sandbox, { limit: SAMPLE });
    if (people.length === 0) return [];
    const paths = new Set(ALWAYS);
    for (const person of people) addPaths(person, paths);
    return [...paths];
  };
}

function addPaths({ attributes, computedAttributes, events }: ProfileSnapshot, paths: Set<string>): void {
  collect(attributes, '', paths, 0);
  collect(computedAttributes, 'computedAttributes.', paths, 0);
  for (const { data } of events.slice(-EVENTS_EACH)) collect(data, 'xEvent.', paths, 0);
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
