import type { ContentType } from './definitions';

/** What tokens are filled from: `profile` holds the attributes with `computedAttributes` beside them. */
export interface TokenValues {
  readonly profile: Readonly<Record<string, unknown>>;
  readonly context: Readonly<Record<string, unknown>>;
}

/** Content with its tokens found: gives the content to show. What has no tokens is shared, not copied. */
export type CompiledContent = (values: TokenValues) => unknown;

type Filler = (values: TokenValues) => unknown;

const TOKEN = /\$\{\s*(profile|context)\.([^\s|}]+)\s*(?:\|\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\s*)?\}/g;

/**
 * Finds tokens such as `${profile.loyalty.tier|"member"}` in every string of `content`. Values are escaped for HTML in
 * HTML content, and percent-encoded in an image's address unless the token begins it. A missing value gives the default,
 * or nothing.
 */
export function compileContent(content: unknown, contentType: ContentType): CompiledContent {
  return compileValue(content, contentType) ?? (() => content);
}

function compileValue(value: unknown, contentType: ContentType): Filler | undefined {
  if (typeof value === 'string') return compileText(value, contentType);
  if (Array.isArray(value)) return compileList(value, contentType);
  if (typeof value === 'object' && value !== null) return compileObject(value, contentType);
  return undefined;
}

function compileList(list: readonly unknown[], contentType: ContentType): Filler | undefined {
  const fillers = list.map((item) => compileValue(item, contentType));
  if (fillers.every((filler) => filler === undefined)) return undefined;
  return (values) => list.map((item, index) => fillers[index]?.(values) ?? item);
}

function compileObject(object: object, contentType: ContentType): Filler | undefined {
  const fields = Object.entries(object).map(([key, value]) => ({ key, value, fill: compileValue(value, contentType) }));
  if (fields.every(({ fill }) => fill === undefined)) return undefined;
  return (values) => Object.fromEntries(fields.map(({ key, value, fill }) => [key, fill ? fill(values) : value]));
}

function compileText(text: string, contentType: ContentType): Filler | undefined {
  const literals: string[] = [];
  const tokens: ((values: TokenValues) => string)[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKEN)) {
    literals.push(text.slice(end, match.index));
    tokens.push(compileToken(match, escapeFor(contentType, match.index)));
    end = match.index + match[0].length;
  }
  if (tokens.length === 0) return undefined;
  const tail = text.slice(end);
  return (values) => {
    let filled = '';
    for (let at = 0; at < tokens.length; at += 1) filled += `${literals[at]}${tokens[at]?.(values)}`;
    return filled + tail;
  };
}

function compileToken(match: RegExpMatchArray, escapeValue: (text: string) => string): (values: TokenValues) => string {
  const source = match[1] === 'context' ? 'context' : 'profile';
  const path = (match[2] ?? '').split('.');
  const whenMissing = (match[3] ?? match[4] ?? '').replace(/\\(.)/g, '$1');
  return (values) => {
    const value = valueAt(values[source], path);
    return value === undefined ? whenMissing : escapeValue(value);
  };
}

function valueAt(root: unknown, path: readonly string[]): string | undefined {
  let value = root;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;
}

function escapeFor(contentType: ContentType, tokenIndex: number): (text: string) => string {
  if (contentType === 'HTML') return escapeHtml;
  if (contentType === 'IMAGE_URL' && tokenIndex > 0) return encodeURIComponent;
  return (text) => text;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}
