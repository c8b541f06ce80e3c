import { isMissing, toText } from './values';

type TextTest = (text: string, part: string) => boolean;

/** Tests of two texts. Their opposites are in `oppositeTests`. */
export const textTests: Readonly<Record<string, TextTest>> = {
  startsWith: (text, part) => text.startsWith(part),
  endsWith: (text, part) => text.endsWith(part),
  contains: (text, part) => text.includes(part),
  like: isLike,
};

/** Names of functions that are true exactly where another is not. */
export const oppositeTests: Readonly<Record<string, string>> = {
  notEqualTo: 'equals',
  doesNotStartWith: 'startsWith',
  doesNotEndWith: 'endsWith',
  doesNotContain: 'contains',
};

/** Applies a test of two texts; false unless both are texts. */
export function testTexts(test: TextTest, left: unknown, right: unknown, ignoreCase: boolean): boolean {
  if (isMissing(left) || isMissing(right)) return false;
  const [text, part] = [toText(left), toText(right)];
  if (text === undefined || part === undefined) return false;
  return ignoreCase ? test(text.toLowerCase(), part.toLowerCase()) : test(text, part);
}

/** `%` is any run of characters, `_` any one. Takes at most time text × pattern, and no recursion. */
function isLike(text: string, pattern: string): boolean {
  const [characters, parts] = [[...text], [...pattern]];
  let at = 0;
  let part = 0;
  let lastRun = -1;
  let resume = 0;
  while (at < characters.length) {
    if (parts[part] === '%') {
      lastRun = part++;
      resume = at;
    } else if (part < parts.length && (parts[part] === '_' || parts[part] === characters[at])) {
      part++;
      at++;
    } else if (lastRun >= 0) {
      part = lastRun + 1;
      at = ++resume;
    } else return false;
  }
  while (parts[part] === '%') part++;
  return part === parts.length;
}
