import type { Write } from '../../../platform/store/store';
import type { Item } from '../domain/item';
import { eventsSpec, recordsSpec } from '../store/collections';
import type { KeptEvent, KeptRecord } from '../store/item-documents';
import { eventToItem, recordToItem } from '../store/to-item';
import type { JobHandler } from './jobs';
import type { Pipeline } from './pipeline';
import type { Plan } from './plan';
import { planRebuild, type RebuildDependencies } from './plan-rebuild';
import type { ProfileReads } from './read-profiles';
import { createPeopleWalk } from './walk-people';

/** The kinds of jobs that make people anew: as namespaces changed, or as a dataset was switched on or off. */
export const REBUILD_JOB = 'REBUILD';
export const SWITCH_JOB = 'SWITCH';

/** The id of the job of one dataset that was switched. */
export function switchJobId(dataset: string): string {
  return `${SWITCH_JOB}|${dataset}`;
}

export interface RebuildPeopleDependencies extends RebuildDependencies {
  readonly pipeline: Pipeline;
  readonly reads: ProfileReads;
}

const PEOPLE_AT_ONCE = 50;
const ROWS_AT_ONCE = 200;

/** Makes everybody anew by the present namespaces. Who comes out as before is not touched. */
export function createRebuildPeople(dependencies: RebuildPeopleDependencies): JobHandler {
  const { store, reads, pipeline } = dependencies;
  return createPeopleWalk(store, reads, PEOPLE_AT_ONCE, async (sandbox, people) => {
    const owners = people.flatMap(({ head }) => head.identities.slice(0, 1).map(({ key }) => key));
    const cause = { kind: 'RULE', reference: 'namespaces' } as const;
    const rebuild = { sandbox, owners, removed: new Set<string>(), cause };
    await pipeline.perform(sandbox, () => planRebuild(dependencies, rebuild));
  });
}

/** Goes through what is kept of a dataset: it comes to the people whom it names, or leaves them. */
export function createSwitchDataset(dependencies: RebuildPeopleDependencies): JobHandler {
  const { store, configuration, pipeline } = dependencies;
  return async (sandbox, { state, done }) => {
    const dataset = String(state.dataset);
    const { datasets } = await configuration.settings(sandbox);
    const { kind, profileEnabled } = datasets.get(dataset) ?? { kind: state.kind, profileEnabled: false };
    const collection = kind === 'EVENTS' ? eventsSpec.name : recordsSpec.name;
    const after = typeof state.after === 'string' ? state.after : `${dataset}|`;
    const scanned = await store.collection<never>(collection).scan(sandbox, { after, limit: ROWS_AT_ONCE });
    const page = scanned.filter(({ id }) => id.startsWith(`${dataset}|`));
    const wrong = page.map(({ id }) => id);
    const plan = { sandbox, dataset, kind: kind === 'EVENTS' ? 'EVENT' : 'RECORD', shown: profileEnabled } as const;
    if (wrong.length > 0) await pipeline.perform(sandbox, () => planSwitch(dependencies, plan, wrong));
    const last = page.at(-1)?.id;
    const finished = page.length < ROWS_AT_ONCE || last === undefined;
    return { state: { ...state, ...(last ? { after: last } : {}) }, done: done + page.length, finished };
  };
}

interface Switch {
  readonly sandbox: string;
  readonly dataset: string;
  readonly kind: 'EVENT' | 'RECORD';
  readonly shown: boolean;
}

async function planSwitch(
  dependencies: RebuildPeopleDependencies,
  { sandbox, dataset, kind, shown }: Switch,
  keys: readonly string[],
): Promise<Plan<void>> {
  const { items, limits, configuration } = dependencies;
  const { namespaces } = await configuration.settings(sandbox);
  const rules = { namespaces, limits };
  const added: Item[] = [];
  const removed = new Set<string>();
  const owners = new Set<string>();
  const writes: Write[] = [];
  const put = (collection: string, { id, version }: KeptEvent | KeptRecord, value: object): void => {
    writes.push({ kind: 'put', collection, id, value, expected: version });
  };
  const turn = (collection: string, row: KeptEvent | KeptRecord, item: Item | undefined): void => {
    const { owner, hiddenOwner: _, ...rest } = row.value;
    if (!item || shown === (owner !== undefined)) return;
    for (const { key } of item.identities) owners.add(key);
    if (shown) {
      added.push(item);
      put(collection, row, { ...rest, owner: item.owner });
    } else {
      removed.add(row.id);
      put(collection, row, { ...rest, hiddenOwner: item.owner, who: rest.who ?? [[item.owner, 0, 0]] });
    }
  };
  if (kind === 'EVENT')
    for (const row of await items.events(sandbox, keys)) turn(eventsSpec.name, row, eventToItem(row, rules));
  else for (const row of await items.records(sandbox, keys)) turn(recordsSpec.name, row, recordToItem(row, rules));
  const cause = { kind: 'RULE', reference: `dataset ${dataset}` } as const;
  const plan = await planRebuild(dependencies, { sandbox, owners, removed, added, cause });
  return { ...plan, writes: [...writes, ...plan.writes] };
}
