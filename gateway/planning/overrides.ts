import { AppError } from '../../platform/errors';

/** Which of the fields that move from one subgraph to another by a label are answered by the new one. */
export interface ActiveOverrides {
  /** The same for requests that are planned alike. */
  readonly key: string;
  /** The custom labels that are on. */
  readonly labels: ReadonlySet<string>;
  /** Below 100: a field labelled `percent(x)` has moved where x is greater. */
  readonly percentage: number;
}

export interface OverrideOptions {
  /** The numbers in the graph's `percent(…)` labels. */
  readonly percentages: readonly number[];
  /** The graph's other labels. */
  readonly labels: readonly string[];
  /** Those of them that are on for all requests. */
  readonly active: readonly string[];
  /** Draws a number from 0 up to 1 for each request. */
  readonly random: () => number;
}

/**
 * Draws for each request which overrides are active. Between two percentages of the graph all requests are planned alike,
 * so there are few different ones, each the same object every time. Throws BAD_USER_INPUT for a label that the graph has not.
 */
export function createOverrides({ percentages, labels, active, random }: OverrideOptions): () => ActiveOverrides {
  for (const label of active) if (!labels.includes(label)) throw unknownLabel(label, labels);
  const steps = [...new Set(percentages)].sort((a, b) => a - b);
  const on = new Set(active);
  const known = [0, ...steps].map((percentage): ActiveOverrides => ({ key: `${percentage}`, labels: on, percentage }));
  const [first = { key: '0', labels: on, percentage: 0 }] = known;
  if (steps.length === 0) return () => first;
  return () => {
    const drawn = random() * 100;
    return known.findLast(({ percentage }) => percentage <= drawn) ?? first;
  };
}

function unknownLabel(label: string, labels: readonly string[]): AppError {
  const known = labels.length > 0 ? `it has ${labels.join(', ')}` : 'it has none';
  return new AppError('BAD_USER_INPUT', `The supergraph has no override label ${label}; ${known}.`, {
    details: { label },
  });
}
