import { pqlFunctions } from '../functions';

const KEYWORDS =
  'true false null now today yesterday tomorrow and or not in where over from occurs ignoring exists forall select let ' +
  'chain if this last next before after on between what when count sum average min max';

const RESERVED: ReadonlySet<string> = new Set([
  ...KEYWORDS.split(' '),
  ...pqlFunctions.filter((each) => each.infix).map((each) => each.name.toLowerCase()),
]);

/** True when a name needs no backquotes. @param isBare whether it stands where a keyword would be read */
export function isPlainName(name: string, isBare: boolean): boolean {
  return /^[\p{L}_][\p{L}\p{N}_]*$/u.test(name) && !(isBare && RESERVED.has(name.toLowerCase()));
}
