import type { z } from 'zod';
import { DEFAULT_LIMITS, type Limits, PURPOSES, type UnknownConsents } from '../subgraphs/profile';

/** Reads `eventBytes=20480,identitiesPerGraph=100`: limits by name, each a whole number of 1 or more. */
export function parseLimits(text: string, context: z.core.$RefinementCtx<string>): Partial<Limits> {
  const names = Object.keys(DEFAULT_LIMITS);
  return Object.fromEntries(
    parsePairs(text, context, names, (value) => (/^[1-9]\d{0,8}$/.test(value) ? Number(value) : undefined)),
  );
}

/** Reads `personalize=DENIED,share=GRANTED`: what silence about a purpose counts as. */
export function parseUnknownConsents(text: string, context: z.core.$RefinementCtx<string>): UnknownConsents {
  return Object.fromEntries(
    parsePairs(text, context, PURPOSES, (value) => (value === 'GRANTED' || value === 'DENIED' ? value : undefined)),
  );
}

function parsePairs<T>(
  text: string,
  context: z.core.$RefinementCtx<string>,
  names: readonly string[],
  toValue: (text: string) => T | undefined,
): readonly (readonly [string, T])[] {
  return text.split(',').flatMap((pair) => {
    const [name = '', value = '', ...rest] = pair.split('=').map((each) => each.trim());
    const read = toValue(value);
    if (names.includes(name) && read !== undefined && rest.length === 0) return [[name, read] as const];
    context.addIssue({ code: 'custom', message: `must be a list of name=value with the names ${names.join(', ')}` });
    return [];
  });
}
