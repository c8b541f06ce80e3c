import { RE2JS } from 're2js';

/** A regular expression that takes time linear in the text it is tried on. */
export interface SafePattern {
  /** The groups of the first match, the whole match at 0; `undefined` where there is none. */
  exec(text: string): readonly (string | undefined)[] | undefined;
  test(text: string): boolean;
}

const CACHED = 200;

/** The pattern, or a sentence that says why it is refused: RE2 syntax, so neither look-around nor back-references. */
export function compilePattern(source: string, ignoreCase: boolean): SafePattern | string {
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    return `The regular expression is refused: ${error instanceof Error ? error.message : 'it cannot be read'}`;
  }
  return {
    test: (text) => pattern.matcher(text).find(),
    exec(text) {
      const matcher = pattern.matcher(text);
      if (!matcher.find()) return undefined;
      return Array.from({ length: matcher.groupCount() + 1 }, (_, n) => matcher.group(n) ?? undefined);
    },
  };
}

/** Compiles patterns that come with the data, and remembers the last ones. Refused ones match nothing. */
export function createPatternCache(): (source: string, ignoreCase: boolean) => SafePattern | undefined {
  const cache = new Map<string, SafePattern | undefined>();
  return (source, ignoreCase) => {
    const key = `${ignoreCase}${source}`;
    if (cache.has(key)) return cache.get(key);
    const compiled = compilePattern(source, ignoreCase);
    if (cache.size >= CACHED) cache.clear();
    const pattern = typeof compiled === 'string' ? undefined : compiled;
    cache.set(key, pattern);
    return pattern;
  };
}
