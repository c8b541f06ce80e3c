import { Presets, SingleBar } from 'cli-progress';
import type { Clock } from '../../../platform/clock';
import type { Counts } from './checkpoint';

/** Shows how far an import is. */
export interface ImportProgress {
  update(state: ProgressState): void;
  stop(): void;
}

/** How far an import is. `part` is between 0 and 1, by the bytes read. */
interface ProgressState {
  readonly part: number;
  readonly counts: Counts;
}

type Out = NodeJS.WriteStream | (NodeJS.WritableStream & { readonly isTTY?: boolean });

const LINE_EVERY_MS = 5_000;

/** A bar on a terminal; elsewhere a plain line every five seconds. */
export function createImportProgress(out: Out, clock: Clock, startedRows: number): ImportProgress {
  const measure = createMeasure(clock, startedRows);
  return out.isTTY ? createBar(out, measure) : createLines(out, clock, measure);
}

interface Measured {
  readonly rows: string;
  readonly rate: string;
  readonly rest: string;
  readonly refused: string;
}

type Measure = (state: ProgressState) => Measured;

function createMeasure(clock: Clock, startedRows: number): Measure {
  const startedMs = clock.now();
  let startedPart: number | undefined;
  return ({ part, counts }) => {
    const seconds = Math.max(0.001, (clock.now() - startedMs) / 1000);
    startedPart ??= startedRows > 0 ? part : 0;
    const done = part - startedPart;
    const restSeconds = done > 0 ? (seconds * (1 - part)) / done : undefined;
    return {
      rows: toNumber(counts.rows),
      rate: toNumber(Math.round((counts.rows - startedRows) / seconds)),
      rest: restSeconds === undefined ? 'some time' : toDuration(restSeconds),
      refused: toNumber(counts.refused),
    };
  };
}

function createBar(out: Out, measure: Measure): ImportProgress {
  const format = ' {bar} {percentage}% | {rows} rows | {rate} rows/s | {rest} left | {refused} refused';
  const bar = new SingleBar(
    { format, stream: out as NodeJS.WriteStream, hideCursor: true, fps: 8 },
    Presets.shades_classic,
  );
  let started = false;
  return {
    update(state) {
      const measured = measure(state);
      if (!started) bar.start(1000, 0, measured);
      started = true;
      bar.update(Math.floor(state.part * 1000), measured);
    },
    stop() {
      if (started) bar.stop();
    },
  };
}

function createLines(out: Out, clock: Clock, measure: Measure): ImportProgress {
  let nextMs = clock.now() + LINE_EVERY_MS;
  return {
    update(state) {
      if (clock.now() < nextMs) return;
      nextMs = clock.now() + LINE_EVERY_MS;
      const { rows, rate, rest, refused } = measure(state);
      out.write(`${Math.floor(state.part * 100)} %, ${rows} rows, ${rate} rows/s, ${rest} left, ${refused} refused\n`);
    },
    stop() {},
  };
}

/** A number for people: 541,909. */
export function toNumber(value: number): string {
  return value.toLocaleString('en-US');
}

/** A time span for people: 12 s, 3 min 05 s. */
export function toDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}
