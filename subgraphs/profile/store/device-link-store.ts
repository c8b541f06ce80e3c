import type { Store, Stored, Write } from '../../../platform/store/store';
import type { DeviceGraphInUse, DeviceLink } from '../domain/device-graph';
import { deviceLinksSpec } from './collections';

// `isTo`: the identity that the row is kept with is the link's `to`.
type LinkRow = readonly [other: string, untilMs: number, atMs: number, item: string, isTo?: 1];

/** The links of one graph that meet in one identity. */
export interface DeviceLinkDocument {
  readonly untilMs: number;
  readonly links: readonly LinkRow[];
}

/** The links that meet in one identity, as they were read. */
export interface MeetingLinks {
  readonly key: string;
  /** Other end → the link. */
  readonly links: ReadonlyMap<string, DeviceLink>;
  /** The version that they were read at; `null`: there was none. */
  readonly version: number | null;
}

/** Links of device graphs, by the identities that they meet in. */
export interface DeviceLinkStore {
  /** In the order asked; also links that are over. */
  load(sandbox: string, graph: DeviceGraphInUse, keys: readonly string[]): Promise<readonly MeetingLinks[]>;
  /** Puts what meets in an identity in the place of what was read; nothing is left where no link is. */
  toWrites(graph: DeviceGraphInUse, links: MeetingLinks): readonly Write[];
  /** What has links that are over at `nowMs`: those that ended first. */
  over(sandbox: string, nowMs: number, limit: number): Promise<readonly Stored<DeviceLinkDocument>[]>;
  /** When the next link ends; `undefined` when there is none. */
  nextUntilMs(sandbox: string): Promise<number | undefined>;
  /** The ends of the links of a document that are over at `nowMs`, and of which graph they are. */
  endsOver(
    document: Stored<DeviceLinkDocument>,
    nowMs: number,
  ): { readonly linksId: string; readonly keys: readonly string[] };
  /** The writes that take links that are over at `nowMs` out of a document. */
  withoutOver(document: Stored<DeviceLinkDocument>, nowMs: number): Write;
  /** The ids of a page of what is kept under `linksId`. */
  page(sandbox: string, linksId: string, limit: number): Promise<readonly string[]>;
}

/** Over the store's collection. */
export function createDeviceLinkStore(store: Store): DeviceLinkStore {
  const collection = store.collection<DeviceLinkDocument>(deviceLinksSpec.name);
  return {
    async load(sandbox, graph, keys) {
      const found = await collection.getMany(
        sandbox,
        keys.map((key) => documentId(graph, key)),
      );
      return keys.map((key, index) => toMeeting(graph, key, found[index]));
    },
    toWrites(graph, { key, links, version }) {
      const id = documentId(graph, key);
      if (links.size > 0) {
        const rows = [...links].map(([other, link]) => toRow(key, other, link));
        return [{ kind: 'put', collection: collection.name, id, value: toDocument(rows), expected: version }];
      }
      return version === null ? [] : [{ kind: 'delete', collection: collection.name, id, expected: version }];
    },
    async over(sandbox, nowMs, limit) {
      return collection.range(sandbox, { index: 'until', upper: { values: [nowMs], inclusive: true }, limit });
    },
    async nextUntilMs(sandbox) {
      const [first] = await collection.range(sandbox, { index: 'until', limit: 1 });
      return first?.value.untilMs;
    },
    endsOver({ id, value }, nowMs) {
      const parted = id.indexOf('|');
      const others = value.links.flatMap(([other, untilMs]) => (untilMs <= nowMs ? [other] : []));
      return { linksId: id.slice(0, parted), keys: [id.slice(parted + 1), ...others] };
    },
    withoutOver({ id, version, value }, nowMs) {
      const rows = value.links.filter(([, untilMs]) => untilMs > nowMs);
      const place = { collection: collection.name, id, expected: version };
      return rows.length > 0 ? { kind: 'put', ...place, value: toDocument(rows) } : { kind: 'delete', ...place };
    },
    async page(sandbox, linksId, limit) {
      const found = await collection.scan(sandbox, { after: `${linksId}|`, limit });
      return found.map(({ id }) => id).filter((id) => id.startsWith(`${linksId}|`));
    },
  };
}

/** The writes that forget documents, whatever is in them. */
export function deviceLinkRemovals(ids: readonly string[]): readonly Write[] {
  return ids.map((id) => ({ kind: 'delete', collection: deviceLinksSpec.name, id }));
}

function documentId({ linksId }: DeviceGraphInUse, key: string): string {
  return `${linksId}|${key}`;
}

function toRow(key: string, other: string, { untilMs, atMs, item, to }: DeviceLink): LinkRow {
  const row = [other, untilMs, atMs, item] as const;
  return to === key ? [...row, 1] : row;
}

function toDocument(links: readonly LinkRow[]): DeviceLinkDocument {
  return { untilMs: links.reduce((first, [, untilMs]) => Math.min(first, untilMs), Number.MAX_SAFE_INTEGER), links };
}

function toMeeting(
  { id }: DeviceGraphInUse,
  key: string,
  stored: Stored<DeviceLinkDocument> | undefined,
): MeetingLinks {
  const rows = stored?.value.links ?? [];
  const links = rows.map(([other, untilMs, atMs, item, isTo]): [string, DeviceLink] => {
    const [from, to] = isTo ? [other, key] : [key, other];
    return [other, { from, to, dataset: id, item, atMs, untilMs }];
  });
  return { key, links: new Map(links), version: stored?.version ?? null };
}
