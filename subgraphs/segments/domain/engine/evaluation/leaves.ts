import type { Calendar } from '../../../../../platform/pql/time/calendar';
import type { Planning } from '../planning/event-filter';
import type { ChainStepSpec, Feature, Formula, Leaf, SeriesSpec } from '../planning/leaf';
import type { Window } from '../planning/window';
import { createChainReader } from './chain-reader';
import { createTotalLeaf, createTrailingLeaf, createWindowLeaf } from './count-leaf';
import { createFeatureReader, type FeatureReader } from './feature-reader';
import { createColumn, type FieldColumn } from './field-table';
import { createFormulaLeaf } from './formula-leaf';
import type { LiveLeaf, NoteDue } from './live-leaf';
import { createSeriesPlan, type Retention, type SeriesPlan, toSeriesKey } from './series-plan';
import { type RuleState, setDue } from './state';

/** All conditions of a rule set, each once, and what they read. Built while rules are compiled, then only read. */
export class Leaves {
  readonly columns: FieldColumn[] = [];
  readonly series: SeriesPlan[] = [];
  /** By condition, those that are evaluated against a state; absent for simple tests of a field. */
  readonly live: (LiveLeaf | undefined)[] = [];
  /** Conditions that read the profile and nothing that moves: their truth is kept in packed states. */
  readonly still: number[] = [];
  /** Conditions that time alone may turn, by their number among those. */
  readonly timed: number[] = [];
  /** By segment: the conditions that ask for it. */
  readonly bySegment = new Map<string, number[]>();
  /** Paths of the profile that are read again before they change. */
  readonly livePaths: (readonly string[])[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly columnNumbers = new Map<string, number>();
  private readonly seriesNumbers = new Map<string, number>();

  constructor(
    private readonly planning: Planning,
    private readonly positions: ReadonlyMap<string, number>,
    readonly mostEvents: number,
  ) {}

  get count(): number {
    return this.live.length;
  }

  get calendar(): Calendar {
    return this.planning.calendar;
  }

  /** The number of a condition; those of the same key are one. */
  add(leaf: Leaf, key: string): number {
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    const number = this.live.length;
    this.numbers.set(key, number);
    this.live.push(undefined);
    this.live[number] = this.compile(leaf, number);
    return number;
  }

  /** True when the person is in a segment of these rules, or in an audience from elsewhere. */
  isIn(state: RuleState, segment: string): boolean {
    const position = this.positions.get(segment);
    return position === undefined ? state.given.has(segment) : state.realized[position] === 1;
  }

  private compile(leaf: Leaf, number: number): LiveLeaf | undefined {
    switch (leaf.kind) {
      case 'field':
        this.columnOf(leaf.path).tests.push({ leaf: number, test: leaf.test });
        this.still.push(number);
        return undefined;
      case 'segment':
        this.readSegment(leaf.id, number);
        return { test: (state) => this.isIn(state, leaf.id) };
      case 'atLeast':
        return this.compileAtLeast(leaf.n, leaf.series, leaf.window, number);
      case 'chain':
        return this.compileChain(leaf.steps, number);
      case 'formula':
        return this.compileFormula(leaf.formula, number);
    }
  }

  private compileAtLeast(n: number, spec: SeriesSpec, window: Window | undefined, number: number): LiveLeaf {
    const { index, retention } = this.seriesOf(spec, number);
    if (!window) {
      retention.total = true;
      return createTotalLeaf(index, n);
    }
    if (window.lengthMs === undefined) {
      retention.windows.push(window);
      return createWindowLeaf(index, n, window, this.noteDueOf(number));
    }
    retention.latest = Math.max(retention.latest, n);
    retention.latestLengthMs = Math.max(retention.latestLengthMs, window.lengthMs);
    return createTrailingLeaf(index, n, window.lengthMs, this.noteDueOf(number));
  }

  private compileChain(steps: readonly ChainStepSpec[], number: number): LiveLeaf {
    const reader = this.readChain(steps, number);
    const noteDue = this.noteDueOf(number);
    return {
      test(state, nowMs) {
        noteDue(state, reader.turn(state, nowMs));
        return reader.read(state, nowMs) === true;
      },
    };
  }

  private compileFormula(formula: Formula, number: number): LiveLeaf {
    const { features, chains, paths, segments, readsTime } = formula;
    const readers = [
      ...features.map((feature) => this.readFeature(feature, number)),
      ...chains.map(({ steps }) => this.readChain(steps, number)),
    ];
    for (const segment of segments) this.readSegment(segment, number);
    for (const path of paths) this.columnOf(path).formulas.push(number);
    const isStill = readers.length === 0 && segments.length === 0 && !readsTime;
    if (isStill) this.still.push(number);
    if (!isStill || readsBothParts(paths)) this.livePaths.push(...paths);
    const noteDue: NoteDue = readers.length > 0 || readsTime ? this.noteDueOf(number) : () => {};
    return createFormulaLeaf(formula, readers, this.planning.timeZone, (state, id) => this.isIn(state, id), noteDue);
  }

  private readFeature(feature: Feature, number: number): FeatureReader {
    const { index, retention } = this.seriesOf(feature.series, number);
    if (feature.window) retention.windows.push(feature.window);
    else readWhole(retention, feature);
    return createFeatureReader(feature, index, this.calendar);
  }

  private readChain(steps: readonly ChainStepSpec[], number: number): FeatureReader {
    const series = steps.map(({ series: spec, window }) => {
      const { index, retention } = this.seriesOf(spec, number);
      if (window) retention.windows.push(window);
      else retention.all = true;
      return index;
    });
    return createChainReader(steps, series);
  }

  private readSegment(id: string, number: number): void {
    const readers = this.bySegment.get(id);
    if (readers) readers.push(number);
    else this.bySegment.set(id, [number]);
  }

  private noteDueOf(number: number): NoteDue {
    const timed = this.timed.push(number) - 1;
    return (state, dueMs) => setDue(state, timed, dueMs);
  }

  private columnOf(path: readonly string[]): FieldColumn {
    const key = JSON.stringify(path);
    const number = this.columnNumbers.get(key) ?? this.columns.push(createColumn(path)) - 1;
    this.columnNumbers.set(key, number);
    return this.columns[number] as FieldColumn;
  }

  private seriesOf(spec: SeriesSpec, reader: number): SeriesPlan {
    const key = toSeriesKey(spec);
    const known = this.seriesNumbers.get(key);
    const number = known ?? this.series.push(createSeriesPlan(this.series.length, key, spec, this.planning)) - 1;
    this.seriesNumbers.set(key, number);
    const plan = this.series[number] as SeriesPlan;
    if (!plan.readers.includes(reader)) plan.readers.push(reader);
    return plan;
  }
}

function readWhole(retention: Retention, { kind }: Feature): void {
  retention.total = true;
  if (kind === 'values') retention.distinct = true;
}

/** True when something is read of the attributes and of the computed ones: either may come without the other. */
function readsBothParts(paths: readonly (readonly string[])[]): boolean {
  const computed = paths.filter(([first]) => first === 'computedAttributes').length;
  return paths.some(({ length }) => length === 0) || (computed > 0 && computed < paths.length);
}
