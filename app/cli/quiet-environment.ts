import { type Environment, readEnvironment, readVariables } from '../config';

/** The settings of a command that ends: as those of the server, but it logs warnings and errors only, unless told otherwise. */
export function readQuietEnvironment(flags: Readonly<Record<string, string | undefined>>): Environment {
  return readEnvironment({ ATTUNE_LOG_LEVEL: readVariables().ATTUNE_LOG_LEVEL || 'warn', ...flags });
}
