import { asCondition } from '../condition';
import { findFunction } from '../functions';
import type { Call } from '../tree';
import type { Compile } from './chain';
import { aggregates, pickExtremes } from './list-functions';
import { toPlain } from './plain';
import type { Compilation, Compiled, Names, Run } from './scope';
import { withItem } from './scope';
import { isMissing, toKey, toList } from './values';

/** A list with what is asked of each of its items. */
interface Listed {
  readonly items: (run: Run) => readonly unknown[];
  /** Answers for one item. */
  readonly ask: (run: Run, item: unknown) => unknown;
  /** Whether the items are events. */
  readonly ofEvents: boolean;
}

/** Compiles a function that asks something of each item of a list; `undefined` for any other. */
export function compilePerItem(
  call: Call,
  names: Names,
  compilation: Compilation,
  compile: Compile,
): Compiled | undefined {
  const [list, asked, amount] = call.arguments;
  if (findFunction(call.function)?.perItem === undefined || !list || !asked) return undefined;
  const source = compile(list, names);
  const slot = compilation.newSlot();
  const ofEvents = source.kind !== 'value';
  const inner = withItem(names, { slot, kind: ofEvents ? 'event' : 'value' });
  const evaluate = toPlain(compile(CONDITIONAL.has(call.function) ? asCondition(asked) : asked, inner));
  const listed: Listed = {
    items: (run) => toList(source.run(run)),
    ask(run, item) {
      run.slots[slot] = item;
      return evaluate(run);
    },
    ofEvents,
  };
  const n = amount && compile(amount, names).run;
  return compileListed(call.function, listed, n ?? (() => undefined), compilation);
}

const CONDITIONAL: ReadonlySet<string> = new Set(['exists', 'forall', 'filter', 'select', 'count']);

function compileListed(
  name: string,
  { items, ask, ofEvents }: Listed,
  amount: (run: Run) => unknown,
  { calendar }: Compilation,
): Compiled {
  const value = (run: Compiled['run']): Compiled => ({ kind: 'value', run });
  const list = (run: Compiled['run']): Compiled => ({ kind: ofEvents ? 'events' : 'value', run });
  switch (name) {
    case 'exists':
      return value((run) => items(run).some((item) => ask(run, item) === true));
    case 'forall':
      return value((run) => items(run).every((item) => ask(run, item) === true));
    case 'filter':
    case 'select':
      return list((run) => items(run).filter((item) => ask(run, item) === true));
    case 'map':
      return value((run) => present(items(run).map((item) => ask(run, item))));
    case 'groupBy':
      return value((run) => group(items(run), (item) => ask(run, item), ofEvents));
    case 'topN':
    case 'bottomN': {
      const sign = name === 'topN' ? 1 : -1;
      return list((run) => {
        const valued = items(run).map((item) => ({ item, value: ask(run, item) }));
        return pickExtremes(valued, amount(run), sign, calendar);
      });
    }
    case 'count':
      return value((run) => items(run).filter((item) => ask(run, item) === true).length);
    default: {
      const aggregate = aggregates[name];
      return value((run) => aggregate?.(present(items(run).map((item) => ask(run, item))), calendar));
    }
  }
}

function present(values: readonly unknown[]): readonly unknown[] {
  return values.filter((value) => !isMissing(value));
}

/** A map from the text of each value to its items; those without value are left out. */
function group(
  items: readonly unknown[],
  ask: (item: unknown) => unknown,
  ofEvents: boolean,
): Readonly<Record<string, readonly unknown[]>> {
  const groups = new Map<string, unknown[]>();
  for (const item of items) {
    const value = ask(item);
    if (isMissing(value)) continue;
    const key = typeof value === 'object' ? toKey(value).slice(1) : String(value);
    const members = groups.get(key) ?? [];
    members.push(ofEvents ? (item as { data: unknown }).data : item);
    groups.set(key, members);
  }
  return Object.fromEntries(groups);
}
