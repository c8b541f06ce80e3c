import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Prometheus instruments of one running Attune. Asking for the same name again gives the same instrument. */
export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  gauge(name: string, help: string, labels?: readonly string[]): Gauge;
  /** Buckets in the unit that the name ends with; default: 1 ms to 10 s, in seconds. */
  histogram(name: string, help: string, labels?: readonly string[], buckets?: readonly number[]): Histogram;
  /** The text exposition format, for `GET /metrics`. */
  text(): Promise<string>;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;

/** A registry of its own, so that two Attunes can live in one process. */
export function createMetrics(options: { readonly process?: boolean } = {}): Metrics {
  const registry = new Registry();
  if (options.process) collectDefaultMetrics({ register: registry });
  const known = <T>(name: string, make: () => T): T => (registry.getSingleMetric(name) as T | undefined) ?? make();
  const base = (name: string, help: string, labels: readonly string[] = []) => ({
    name,
    help,
    labelNames: [...labels],
    registers: [registry],
  });
  return {
    counter: (name, help, labels) => known(name, () => new Counter(base(name, help, labels))),
    gauge: (name, help, labels) => known(name, () => new Gauge(base(name, help, labels))),
    histogram: (name, help, labels, buckets = SECONDS) =>
      known(name, () => new Histogram({ ...base(name, help, labels), buckets: [...buckets] })),
    text: () => registry.metrics(),
  };
}
