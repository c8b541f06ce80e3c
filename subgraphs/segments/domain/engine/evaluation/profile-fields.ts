import type { PersonChange } from '../rule';
import { createFieldTests, type FieldColumn, type FieldTests, type Tell } from './field-table';
import { profileOf, type RuleState } from './state';

/** A field that was not read since the state was unpacked: which of its tests hold is known, its value is not. */
const UNREAD = Symbol('unread');

/** Reads the fields that conditions ask for, and tells what their tests come to. */
export class ProfileFields {
  private readonly tests: readonly FieldTests[];
  private readonly areComputed: readonly boolean[];

  constructor(private readonly columns: readonly FieldColumn[]) {
    this.tests = columns.map(createFieldTests);
    this.areComputed = columns.map(({ path }) => path[0] === 'computedAttributes');
  }

  /** Takes down the tests that hold, in a state in which none does yet. */
  readAll(state: RuleState): void {
    const fields = this.read(state);
    for (let index = 0; index < fields.length; index++) {
      (this.tests[index] as FieldTests).takeDown(fields[index], state.truth);
    }
    state.fields = fields;
  }

  /** Takes in the part that came: the attributes, the computed ones, or both. @returns units that read what changed */
  change(state: RuleState, { attributes, computedAttributes }: PersonChange, tell: Tell): ReadonlySet<number> {
    const before = state.fields;
    state.attributes = attributes ?? state.attributes;
    state.computedAttributes = computedAttributes ?? state.computedAttributes;
    state.profile = undefined;
    const fields = this.read(state);
    const readers = new Set<number>();
    for (let index = 0; index < fields.length; index++) {
      const { path, formulas } = this.columns[index] as FieldColumn;
      const came = this.areComputed[index] ? computedAttributes : (attributes ?? path.length === 0);
      const value = fields[index];
      const known = before ? before[index] : UNREAD;
      if (!came) fields[index] = known;
      if (!came || (known === value && typeof value !== 'object')) continue;
      const tests = this.tests[index] as FieldTests;
      if (known === UNREAD) tests.testAll(value, tell);
      else tests.testChange(known, value, tell);
      for (const unit of formulas) readers.add(unit);
    }
    state.fields = fields;
    return readers;
  }

  private read(state: RuleState): unknown[] {
    const computed = { computedAttributes: state.computedAttributes };
    const fields = new Array<unknown>(this.columns.length);
    for (let index = 0; index < fields.length; index++) {
      const { path, read } = this.columns[index] as FieldColumn;
      const part = this.areComputed[index] ? computed : state.attributes;
      fields[index] = read(path.length === 0 ? profileOf(state) : part);
    }
    return fields;
  }
}
