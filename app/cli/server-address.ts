import { ConfigurationError } from '../config';

/** The address of a running server. Fails when it is none. */
export function requireUrl(url: string): string {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return url;
  throw new ConfigurationError(`--url ${url} is no HTTP address.`);
}

/** The key to ask it with. Fails when none was given. */
export function requireKey(key: string | undefined, variable: string): string {
  if (key !== undefined) return key;
  throw new ConfigurationError(`A server is asked with a key: --key, or ${variable}.`);
}
