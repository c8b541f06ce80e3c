import type { Calendar } from '../../../../../platform/pql/time/calendar';
import type { Planning } from '../planning/event-filter';
import type { ChainStepSpec, Feature, Formula, Leaf, SeriesSpec } from '../planning/leaf';
import type { Window } from '../planning/window';
import { createChainReader, createChainUnit } from './chain-reader';
import { createTotalUnit, createTrailingUnit, createWindowUnit, type TrailingGroup } from './count-unit';
import { setDue } from './due-instants';
import { createFeatureReader, type FeatureReader } from './feature-reader';
import { createColumn, type FieldColumn } from './field-table';
import { createFormulaUnit } from './formula-unit';
import { createSeriesPlan, type Retention, type SeriesPlan, toSeriesKey } from './series-plan';
import type { RuleState } from './state';
import { createUnit, type NoteDue, type Unit } from './unit';

/**
 * All conditions of a rule set, each once, and what they read. Simple tests of a field are in its column; the others are
 * in units, which are asked together. Built while rules are compiled; then `finish` makes it ready to be read.
 */
export class Leaves {
  /** How many conditions there are. */
  count = 0;
  /** By condition: a guess at how likely it holds, from 0 to 1. */
  readonly chances: number[] = [];
  readonly columns: FieldColumn[] = [];
  readonly series: SeriesPlan[] = [];
  readonly units: Unit[] = [];
  /** Conditions that read the profile and nothing that moves: their truth is kept in packed states. */
  readonly still: number[] = [];
  /** The units of those that are no simple tests. */
  readonly stillUnits: number[] = [];
  /** Units that time alone may turn, by their number among those. */
  readonly timed: number[] = [];
  /** By segment: the units that ask for it. */
  readonly bySegment = new Map<string, number[]>();
  /** Paths of the profile that are read again before they change. */
  readonly livePaths: (readonly string[])[] = [];
  readonly groups: TrailingGroup[] = [];
  /** True when a formula reads computed attributes together with something else. */
  weighsComputed = false;
  private readonly numbers = new Map<string, number>();
  private readonly columnNumbers = new Map<string, number>();
  private readonly seriesNumbers = new Map<string, number>();
  private readonly groupNumbers = new Map<string, number>();

  constructor(
    private readonly planning: Planning,
    private readonly positions: ReadonlyMap<string, number>,
    readonly mostEvents: number,
  ) {}

  get calendar(): Calendar {
    return this.planning.calendar;
  }

  /** The number of a condition; those of the same key are one. */
  add(leaf: Leaf, key: string): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.count++;
    this.numbers.set(key, number);
    this.chances[number] = guessChance(leaf);
    this.compile(leaf, number);
    return number;
  }

  /** Makes units of the windows that were gathered. Afterwards nothing is added. */
  finish(): void {
    this.groups.forEach((group, number) => {
      const unit = this.units.length;
      this.units.push(createTrailingUnit(group, number, this.noteDueOf(unit)));
      this.series[group.series]?.readers.push(unit);
    });
  }

  /** True when the person is in a segment of these rules, or in an audience from elsewhere. */
  isIn(state: RuleState, segment: string): boolean {
    const position = this.positions.get(segment);
    return position === undefined ? state.given.has(segment) : state.realized[position] === 1;
  }

  private compile(leaf: Leaf, number: number): void {
    switch (leaf.kind) {
      case 'field':
        this.columnOf(leaf.path).tests.push({ leaf: number, test: leaf.test });
        this.still.push(number);
        return;
      case 'segment':
        this.compileSegment(leaf.id, number);
        return;
      case 'atLeast':
        this.compileAtLeast(leaf.n, leaf.series, leaf.window, number);
        return;
      case 'chain':
        this.compileChain(leaf.steps, number);
        return;
      case 'formula':
        this.compileFormula(leaf.formula, number);
        return;
    }
  }

  private compileSegment(id: string, number: number): void {
    this.readSegment(id, this.units.length);
    this.units.push(createUnit(number, (state) => this.isIn(state, id)));
  }

  private compileAtLeast(n: number, spec: SeriesSpec, window: Window | undefined, number: number): void {
    if (window?.lengthMs !== undefined) {
      this.addToGroup(n, spec, window.lengthMs, number);
      return;
    }
    const unit = this.units.length;
    const { index, retention } = this.seriesOf(spec, unit);
    if (window) retention.windows.push(window);
    else retention.total = true;
    const compiled = window
      ? createWindowUnit(number, index, n, window, this.noteDueOf(unit))
      : createTotalUnit(number, index, n);
    this.units.push(compiled);
  }

  private addToGroup(n: number, spec: SeriesSpec, lengthMs: number, leaf: number): void {
    const { index, retention } = this.seriesOf(spec);
    retention.latest = Math.max(retention.latest, n);
    retention.latestLengthMs = Math.max(retention.latestLengthMs, lengthMs);
    const key = `${index}|${n}`;
    const number = this.groupNumbers.get(key) ?? this.groups.push({ series: index, n, leaves: [] }) - 1;
    this.groupNumbers.set(key, number);
    this.groups[number]?.leaves.push({ leaf, lengthMs });
  }

  private compileChain(steps: readonly ChainStepSpec[], number: number): void {
    const unit = this.units.length;
    const series = this.seriesOfSteps(steps, unit);
    this.units.push(createChainUnit(number, steps, series, this.noteDueOf(unit)));
  }

  private compileFormula(formula: Formula, number: number): void {
    const unit = this.units.length;
    const { features, chains, paths, segments, readsTime } = formula;
    const readers = [
      ...features.map((feature) => this.readFeature(feature, unit)),
      ...chains.map(({ steps }) => createChainReader(steps, this.seriesOfSteps(steps, unit))),
    ];
    for (const segment of segments) this.readSegment(segment, unit);
    for (const path of paths) this.columnOf(path).formulas.push(unit);
    const isTimed = readers.length > 0 || readsTime;
    const isStill = !isTimed && segments.length === 0;
    if (isStill) {
      this.still.push(number);
      this.stillUnits.push(unit);
    }
    this.weighsComputed ||= paths.some(isComputed) && (!isStill || readsBothParts(paths));
    if (!isStill || readsBothParts(paths)) this.livePaths.push(...paths);
    const noteDue: NoteDue = isTimed ? this.noteDueOf(unit) : () => {};
    const inSegment = (state: RuleState, id: string): boolean => this.isIn(state, id);
    this.units.push(createFormulaUnit(number, formula, readers, this.planning.timeZone, inSegment, noteDue));
  }

  private readFeature(feature: Feature, unit: number): FeatureReader {
    const { index, retention } = this.seriesOf(feature.series, unit);
    if (feature.window) retention.windows.push(feature.window);
    else readWhole(retention, feature);
    return createFeatureReader(feature, index, this.calendar);
  }

  private seriesOfSteps(steps: readonly ChainStepSpec[], unit: number): readonly number[] {
    return steps.map(({ series: spec, window }) => {
      const { index, retention } = this.seriesOf(spec, unit);
      if (window) retention.windows.push(window);
      else retention.all = true;
      return index;
    });
  }

  private readSegment(id: string, unit: number): void {
    const readers = this.bySegment.get(id);
    if (readers) readers.push(unit);
    else this.bySegment.set(id, [unit]);
  }

  private noteDueOf(unit: number): NoteDue {
    const timed = this.timed.push(unit) - 1;
    return ({ due }, dueMs) => setDue(due, timed, dueMs);
  }

  private columnOf(path: readonly string[]): FieldColumn {
    const key = JSON.stringify(path);
    const number = this.columnNumbers.get(key) ?? this.columns.push(createColumn(path)) - 1;
    this.columnNumbers.set(key, number);
    return this.columns[number] as FieldColumn;
  }

  private seriesOf(spec: SeriesSpec, reader?: number): SeriesPlan {
    const key = toSeriesKey(spec);
    const known = this.seriesNumbers.get(key);
    const number = known ?? this.series.push(createSeriesPlan(this.series.length, key, spec, this.planning)) - 1;
    this.seriesNumbers.set(key, number);
    const plan = this.series[number] as SeriesPlan;
    if (reader !== undefined && !plan.readers.includes(reader)) plan.readers.push(reader);
    return plan;
  }
}

/** Being one certain value is rare, a comparison is even. */
function guessChance(leaf: Leaf): number {
  if (leaf.kind !== 'field') return leaf.kind === 'formula' ? 0.5 : 0.3;
  const { test } = leaf;
  if (test.kind === 'any') return Math.min(0.5, test.values.length * 0.15);
  return test.kind === 'number' && test.operator !== '=' ? 0.5 : 0.1;
}

function readWhole(retention: Retention, { kind }: Feature): void {
  retention.total = true;
  if (kind === 'values') retention.distinct = true;
}

function isComputed([first]: readonly string[]): boolean {
  return first === undefined || first === 'computedAttributes';
}

/** True when something is read of the attributes and of the computed ones: either may come without the other. */
function readsBothParts(paths: readonly (readonly string[])[]): boolean {
  const computed = paths.filter(([first]) => first === 'computedAttributes').length;
  return paths.some(({ length }) => length === 0) || (computed > 0 && computed < paths.length);
}
