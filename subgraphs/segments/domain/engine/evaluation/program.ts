/** How conditions are joined, by their numbers. */
export type Joined =
  | { readonly kind: 'leaf'; readonly leaf: number }
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'not'; readonly of: Joined }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Joined[] };

/**
 * A rule as a list of jumps: each instruction is a condition's number, where to go on when it holds, and where when it
 * does not. Going to HOLDS or FAILS ends it.
 */
export type Program = Int32Array;

const HOLDS = -1;
const FAILS = -2;
const WIDTH = 3;

/** Compiles a rule. Conditions are asked in order, and only as long as they matter. */
export function createProgram(rule: Joined): Program {
  const code: number[] = [];
  const entry = emit(rule, HOLDS, FAILS, code);
  return Int32Array.from([entry, ...code]);
}

/** True when the rule holds under the truth of its conditions. */
export function runProgram(program: Program, truth: Uint8Array): boolean {
  let at = program[0] as number;
  while (at >= 0) at = program[at + (truth[program[at] as number] === 1 ? 1 : 2)] as number;
  return at === HOLDS;
}

/** Every condition that a rule asks. */
export function leavesOf(rule: Joined): readonly number[] {
  if (rule.kind === 'leaf') return [rule.leaf];
  if (rule.kind === 'constant') return [];
  return rule.kind === 'not' ? leavesOf(rule.of) : rule.of.flatMap(leavesOf);
}

/** Writes from the last condition to the first, so that places to jump to are known. @returns where to begin */
function emit(rule: Joined, whenHolds: number, whenFails: number, code: number[]): number {
  switch (rule.kind) {
    case 'constant':
      return rule.value ? whenHolds : whenFails;
    case 'not':
      return emit(rule.of, whenFails, whenHolds, code);
    case 'leaf':
      code.push(rule.leaf, whenHolds, whenFails);
      return code.length - WIDTH + 1;
    case 'and':
    case 'or': {
      let next = rule.kind === 'and' ? whenHolds : whenFails;
      for (const part of rule.of.toReversed()) {
        next = rule.kind === 'and' ? emit(part, next, whenFails, code) : emit(part, whenHolds, next, code);
      }
      return next;
    }
  }
}
