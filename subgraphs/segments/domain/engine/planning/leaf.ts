import type { TimeTest } from '../../../../../platform/pql/time/holds';
import type { Span } from '../../../../../platform/pql/time/span';
import type { Expression } from '../../../../../platform/pql/tree';
import type { Window } from './window';

/** What is kept of the events that fit some conditions: their times, and a value of each. */
export interface SeriesSpec {
  readonly conditions: readonly Expression[];
  /** What is read from each event. Its lists count item by item when `joinsLists`. Absent: the time alone. */
  readonly value?: { readonly of: Expression; readonly joinsLists: boolean };
}

/** What a series comes to within a window. `values` are the different ones. */
export interface Feature {
  readonly kind: 'count' | 'sum' | 'average' | 'min' | 'max' | 'values';
  readonly series: SeriesSpec;
  readonly window?: Window | undefined;
}

/** A step of a chain over kept series. */
export interface ChainStepSpec {
  readonly series: SeriesSpec;
  readonly negated: boolean;
  readonly n: number;
  readonly exactly: boolean;
  readonly window?: Window | undefined;
  /** Whether the step itself says when. */
  readonly windowed: boolean;
  /** Measured from steps before: their positions, or dates that stand in the rule. */
  readonly anchored?: { readonly test: TimeTest; readonly references: readonly (number | Span)[] };
}

/** A test of one field that is true or not for each value by itself. */
export type FieldTest =
  | { readonly kind: 'number'; readonly operator: '=' | '<' | '<=' | '>' | '>='; readonly value: number }
  | { readonly kind: 'any'; readonly values: readonly (string | boolean)[] }
  | { readonly kind: 'missing' };

/** A condition without `and`, `or`, `not`, in the cheapest form that can be kept. */
export type Leaf =
  | { readonly kind: 'field'; readonly path: readonly string[]; readonly test: FieldTest }
  | { readonly kind: 'segment'; readonly id: string }
  | { readonly kind: 'atLeast'; readonly n: number; readonly series: SeriesSpec; readonly window?: Window | undefined }
  | { readonly kind: 'chain'; readonly steps: readonly ChainStepSpec[] }
  | { readonly kind: 'formula'; readonly formula: Formula };

/** Any other expression, its event features taken out. */
export interface Formula {
  readonly tree: Expression;
  /** Names in the tree that stand for features, in order. */
  readonly variables: readonly string[];
  readonly features: readonly Feature[];
  readonly chains: readonly { readonly variable: string; readonly steps: readonly ChainStepSpec[] }[];
  /** Paths of the profile that it reads; an empty one is all of it. */
  readonly paths: readonly (readonly string[])[];
  readonly segments: readonly string[];
  readonly readsTime: boolean;
}

/** A rule's conditions, and how they are joined. */
export type Conditions =
  | { readonly kind: 'leaf'; readonly leaf: Leaf; readonly node: Expression }
  | { readonly kind: 'constant'; readonly value: boolean }
  | { readonly kind: 'not'; readonly of: Conditions }
  | { readonly kind: 'and' | 'or'; readonly of: readonly Conditions[] };
