import { compileFormula } from '../../../../../platform/pql/evaluate';
import type { Formula } from '../planning/leaf';
import type { FeatureReader } from './feature-reader';
import { profileOf, type RuleState } from './state';
import { createUnit, type NoteDue, type Unit } from './unit';

/** Any other condition: its features are read, then the rest of it is evaluated over the profile. */
export function createFormulaUnit(
  leaf: number,
  { tree, variables, chains }: Formula,
  readers: readonly FeatureReader[],
  timeZone: string,
  inSegment: (state: RuleState, id: string) => boolean,
  noteDue: NoteDue,
): Unit {
  const answer = compileFormula(tree, [...variables, ...chains.map(({ variable }) => variable)], { timeZone });
  return createUnit(leaf, (state, nowMs) => {
    const scope = { profile: profileOf(state), nowMs, inSegment: (id: string) => inSegment(state, id) };
    const values = readers.map((reader) => reader.read(state, nowMs));
    const { value, turnMs } = answer(scope, values);
    noteDue(
      state,
      readers.reduce((least, reader) => Math.min(least, reader.turn(state, nowMs)), turnMs),
    );
    return value === true;
  });
}

/** A condition that is a feature by itself. */
export function createReaderUnit(leaf: number, reader: FeatureReader, noteDue: NoteDue): Unit {
  return createUnit(leaf, (state, nowMs) => {
    noteDue(state, reader.turn(state, nowMs));
    return reader.read(state, nowMs) === true;
  });
}
