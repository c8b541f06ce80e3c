/** How conditions are joined, by their numbers. */
export type Joined =
  | { readonly kind: 'leaf'; readonly leaf: number }
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'not'; readonly of: Joined }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Joined[] };

/**
 * All rules as one list of jumps: each instruction is a condition's number, where to go on when it fails, and where when
 * it holds. Going to HOLDS or FAILS ends a rule.
 */
export interface Programs {
  readonly code: Int32Array;
  /** By rule: where it begins; NONE where it has no program. */
  readonly entries: Int32Array;
}

/** The entry of a rule without a program. */
export const NONE = -3;

const HOLDS = -1;
const FAILS = -2;
const WIDTH = 3;

/**
 * Compiles the rules. Conditions are asked only as long as they matter, and first those that settle the most.
 * @param rules `undefined` for one that has no program
 * @param chanceOf how likely a condition holds, from 0 to 1: a guess costs time when it is wrong, never an answer
 */
export function createPrograms(rules: readonly (Joined | undefined)[], chanceOf: (leaf: number) => number): Programs {
  const code: number[] = [];
  const entries = rules.map((rule) => (rule ? emit(weigh(rule, chanceOf), HOLDS, FAILS, code) : NONE));
  return { code: Int32Array.from(code), entries: Int32Array.from(entries) };
}

/** 1 when the rule that begins at `entry` holds under the truth of its conditions, else 0. */
export function runProgram(code: Int32Array, entry: number, truth: Uint8Array): 0 | 1 {
  let at = entry;
  while (at >= 0) at = code[at + 1 + (truth[code[at] as number] as number)] as number;
  return at === HOLDS ? 1 : 0;
}

/** Every condition that a rule asks. */
export function leavesOf(rule: Joined): readonly number[] {
  if (rule.kind === 'leaf') return [rule.leaf];
  if (rule.kind === 'constant') return [];
  return rule.kind === 'not' ? leavesOf(rule.of) : rule.of.flatMap(leavesOf);
}

/** A rule with the chance that it holds; its parts are in the order in which they are asked. */
interface Weighed {
  readonly rule: Joined;
  readonly chance: number;
  readonly parts: readonly Weighed[];
}

function weigh(rule: Joined, chanceOf: (leaf: number) => number): Weighed {
  switch (rule.kind) {
    case 'constant':
      return { rule, chance: rule.value ? 1 : 0, parts: [] };
    case 'leaf':
      return { rule, chance: chanceOf(rule.leaf), parts: [] };
    case 'not': {
      const part = weigh(rule.of, chanceOf);
      return { rule, chance: 1 - part.chance, parts: [part] };
    }
    case 'and': {
      const parts = rule.of.map((part) => weigh(part, chanceOf)).sort((a, b) => a.chance - b.chance);
      return { rule, chance: parts.reduce((all, { chance }) => all * chance, 1), parts };
    }
    case 'or': {
      const parts = rule.of.map((part) => weigh(part, chanceOf)).sort((a, b) => b.chance - a.chance);
      return { rule, chance: 1 - parts.reduce((none, { chance }) => none * (1 - chance), 1), parts };
    }
  }
}

/** Writes from the last condition to the first, so that places to jump to are known. @returns where to begin */
function emit({ rule, parts }: Weighed, whenHolds: number, whenFails: number, code: number[]): number {
  switch (rule.kind) {
    case 'constant':
      return rule.value ? whenHolds : whenFails;
    case 'leaf':
      return code.push(rule.leaf, whenFails, whenHolds) - WIDTH;
    case 'not':
      return parts.reduce((_, part) => emit(part, whenFails, whenHolds, code), whenHolds);
    case 'and':
      return parts.reduceRight((next, part) => emit(part, next, whenFails, code), whenHolds);
    case 'or':
      return parts.reduceRight((next, part) => emit(part, whenHolds, next, code), whenFails);
  }
}
