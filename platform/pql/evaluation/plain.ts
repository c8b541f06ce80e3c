import type { Compiled, PqlEvent } from './scope';

/** The closure of a compiled node, with events given as their data: for those who do not know events. */
export function toPlain({ kind, run: evaluate }: Compiled): Compiled['run'] {
  if (kind === 'value') return evaluate;
  if (kind === 'event') return (run) => (evaluate(run) as PqlEvent | undefined)?.data;
  return (run) => (evaluate(run) as readonly PqlEvent[]).map(({ data }) => data);
}
