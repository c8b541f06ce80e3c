import type { Person } from '../domain/head';
import { Profile } from './profile.type';

/** A person as callers see one: always a fresh object. */
export function toProfile(person: Person, rest: Pick<Profile, 'policy' | 'context' | 'requestId'> = {}): Profile {
  return Object.assign(new Profile(), { id: person.id, revision: person.head.revision, person }, rest);
}
