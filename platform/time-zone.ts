import { IANAZone } from 'luxon';

/** The time zone of this name, such as Europe/Berlin; `undefined` where this machine knows none. */
export function findTimeZone(name: string): IANAZone | undefined {
  // Not `isValidZone`, which asks the machine each time.
  const zone = IANAZone.create(name);
  return zone.isValid ? zone : undefined;
}

/** True for the name of a time zone that this machine knows, such as Europe/Berlin. */
export function isTimeZone(name: string): boolean {
  return findTimeZone(name) !== undefined;
}
