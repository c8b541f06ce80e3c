import { compileFormula } from '../../../../../platform/pql/evaluate';
import type { Formula } from '../planning/leaf';
import type { FeatureReader } from './feature-reader';
import type { LiveLeaf, NoteDue } from './live-leaf';
import { profileOf, type RuleState } from './state';

/** Any other condition: its features are read, then the rest of it is evaluated over the profile. */
export function createFormulaLeaf(
  { tree, variables, chains }: Formula,
  readers: readonly FeatureReader[],
  timeZone: string,
  inSegment: (state: RuleState, id: string) => boolean,
  noteDue: NoteDue,
): LiveLeaf {
  const answer = compileFormula(tree, [...variables, ...chains.map(({ variable }) => variable)], { timeZone });
  return {
    test(state, nowMs) {
      const scope = { profile: profileOf(state), nowMs, inSegment: (id: string) => inSegment(state, id) };
      const values = readers.map((reader) => reader.read(state, nowMs));
      const { value, turnMs } = answer(scope, values);
      noteDue(
        state,
        readers.reduce((least, reader) => Math.min(least, reader.turn(state, nowMs)), turnMs),
      );
      return value === true;
    },
  };
}
