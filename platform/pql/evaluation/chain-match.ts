import { firstAfter } from '../../bisect';

/** A step as matching sees it. Its candidates fit it as far as can be told without the other steps. */
export interface MatchStep {
  readonly negated: boolean;
  readonly n: number;
  readonly exactly: boolean;
  /** Instants, rising. */
  readonly candidates: readonly number[];
  /** True when the step has a window. */
  readonly windowed: boolean;
  /** Positions of the steps whose ends the window is measured from. */
  readonly anchors: readonly number[];
  /** Whether `t` is in the window, given the end of each step before. */
  readonly isInWindow: (t: number, ends: readonly number[]) => boolean;
}

/** For each step the instants of its events; none for a negated one. */
export type ChainMatch = readonly (readonly number[])[];

/**
 * A choice of events that fits: each step's strictly later than those of the step before it; `undefined` when there is
 * none. Between two steps, or in its window, a negated step's events must be absent.
 */
export function matchChain(steps: readonly MatchStep[]): ChainMatch | undefined {
  const search = new Search(steps);
  return search.from(0, { previousEnd: Number.NEGATIVE_INFINITY, latestFirst: Number.POSITIVE_INFINITY });
}

interface Reached {
  /** When the last event of the positive step before happened. */
  readonly previousEnd: number;
  /** The next positive step must begin by then: what comes after would have something forbidden before it. */
  readonly latestFirst: number;
}

class Search {
  private readonly ends: number[] = [];
  private readonly failed = new Set<string>();

  constructor(private readonly steps: readonly MatchStep[]) {}

  from(index: number, reached: Reached): ChainMatch | undefined {
    const step = this.steps[index];
    if (!step) return reached.latestFirst === Number.POSITIVE_INFINITY ? [] : undefined;
    const key = this.keyOf(index, reached);
    if (this.failed.has(key)) return undefined;
    const match = step.negated ? this.fromNegated(index, step, reached) : this.fromPositive(index, step, reached);
    if (!match) this.failed.add(key);
    return match;
  }

  private fromNegated(index: number, step: MatchStep, reached: Reached): ChainMatch | undefined {
    const { previousEnd } = reached;
    let { latestFirst } = reached;
    const found = this.firstFitting(step, previousEnd);
    if (found !== undefined) {
      if (step.windowed) return undefined;
      latestFirst = Math.min(latestFirst, found);
    }
    this.ends[index] = Number.NaN;
    const rest = this.from(index + 1, { previousEnd, latestFirst });
    return rest && [[], ...rest];
  }

  private fromPositive(index: number, step: MatchStep, reached: Reached): ChainMatch | undefined {
    const later = step.candidates.slice(firstAfter(step.candidates, reached.previousEnd));
    const fitting = later.filter((t) => step.isInWindow(t, this.ends));
    const [first] = fitting;
    if (first === undefined || first > reached.latestFirst || fitting.length < step.n) return undefined;
    const last = step.exactly || !this.gainsByLaterEnd(index) ? step.n : fitting.length;
    for (let count = step.n; count <= last; count++) {
      const end = fitting[count - 1] as number;
      if (count < last && end === fitting[count]) continue;
      const next = step.exactly ? fitting[step.n] : undefined;
      this.ends[index] = end;
      const rest = this.from(index + 1, { previousEnd: end, latestFirst: next ?? Number.POSITIVE_INFINITY });
      if (rest) return [[...fitting.slice(0, step.n - 1), end], ...rest];
    }
    return undefined;
  }

  private firstFitting({ candidates, isInWindow }: MatchStep, afterMs: number): number | undefined {
    for (let place = firstAfter(candidates, afterMs); place < candidates.length; place++) {
      const t = candidates[place] as number;
      if (isInWindow(t, this.ends)) return t;
    }
    return undefined;
  }

  /** Whether a step that ends later than it must could let those after it fit. */
  private gainsByLaterEnd(index: number): boolean {
    const next = this.steps[index + 1];
    if (!next) return false;
    return next.negated || next.exactly || this.steps.some((step) => step.anchors.includes(index));
  }

  private keyOf(index: number, { previousEnd, latestFirst }: Reached): string {
    const needed = new Set(this.steps.slice(index).flatMap((step) => step.anchors.filter((anchor) => anchor < index)));
    return `${index}|${previousEnd}|${latestFirst}|${[...needed].map((anchor) => this.ends[anchor]).join()}`;
  }
}
