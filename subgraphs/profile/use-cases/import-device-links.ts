import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { Ids } from '../../../platform/ids';
import { decideAnew } from '../../../platform/store/decide-anew';
import type { Stored } from '../../../platform/store/store';
import type { DeviceGraph, DeviceGraphInUse, DeviceLink } from '../domain/device-graph';
import { ItemFault, limitFault } from '../domain/item-fault';
import type { Limits } from '../domain/limits';
import { type ParsedDeviceLink, parseDeviceLink, type SentDeviceLink } from '../domain/parse-device-link';
import type { DeviceLinkStore, MeetingLinks } from '../store/device-link-store';
import type { ProfileConfiguration } from '../store/profile-configuration';
import type { Pipeline } from './pipeline';
import type { Plan } from './plan';
import type { DeviceGraphDraft, DeviceGraphs } from './save-device-graph';

/** How it ended for one link; no fault: it was taken. */
export interface LinkAnswer {
  readonly fault?: ItemFault;
}

/** An import that goes on for as long as links come. */
export interface OpenLinkImport {
  readonly id: string;
  readonly graph: Stored<DeviceGraph>;
  /** Answers each in the order given; what was taken counts on the next request. */
  take(links: readonly SentDeviceLink[]): Promise<readonly LinkAnswer[]>;
}

/** Links of device graphs (S-19). One bad link never stops the others. */
export interface LinkImports {
  /** Puts the graph, and fails as that does. */
  open(sandbox: string, draft: DeviceGraphDraft, expectedVersion?: number): Promise<OpenLinkImport>;
}

export interface LinkImportDependencies {
  readonly graphs: DeviceGraphs;
  readonly configuration: ProfileConfiguration;
  readonly deviceLinks: DeviceLinkStore;
  readonly pipeline: Pipeline;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Told when links were taken. */
  readonly onTaken: (sandbox: string) => void;
}

const PAGE = 250;
const DAY_MS = 86_400_000;
/** Page by page, each in one commit. */
export function createLinkImports(dependencies: LinkImportDependencies): LinkImports {
  return {
    async open(sandbox, draft, expectedVersion) {
      const graph = await putGraph(dependencies, sandbox, draft, expectedVersion);
      const id = dependencies.ids.next();
      return {
        id,
        graph,
        async take(links) {
          const answers: LinkAnswer[] = [];
          for (let at = 0; at < links.length; at += PAGE) {
            const page = links.slice(at, at + PAGE);
            const toPlan = () => planLinks(dependencies, sandbox, { ...graph.value, id: draft.id }, page, id);
            answers.push(...(await dependencies.pipeline.perform(sandbox, toPlan)));
          }
          dependencies.onTaken(sandbox);
          return answers;
        },
      };
    },
  };
}

async function putGraph(
  { graphs }: LinkImportDependencies,
  sandbox: string,
  draft: DeviceGraphDraft,
  expectedVersion?: number,
): Promise<Stored<DeviceGraph>> {
  const put = () => graphs.put(sandbox, draft, expectedVersion);
  // Another import may put the same graph at the same time.
  return expectedVersion === undefined ? decideAnew(() => put) : put();
}

async function planLinks(
  { configuration, deviceLinks, limits, clock }: LinkImportDependencies,
  sandbox: string,
  graph: DeviceGraphInUse,
  sent: readonly SentDeviceLink[],
  item: string,
): Promise<Plan<readonly LinkAnswer[]>> {
  const { namespaces, deviceGraphs } = await configuration.settings(sandbox);
  if (deviceGraphs.get(graph.id)?.linksId !== graph.linksId) {
    throw new AppError('NOT_FOUND', `The device graph ${graph.id} was deleted meanwhile.`, {
      details: { id: graph.id },
    });
  }
  const nowMs = clock.now();
  const rules = { namespaces, limits, nowMs, defaultUntilMs: nowMs + graph.validDays * DAY_MS };
  const parsed = sent.map((link) => faultOr(() => parseDeviceLink(link, rules)));
  const ends = new Set(parsed.flatMap((link) => (link instanceof ItemFault ? [] : [link.from, link.to])));
  const loaded = await deviceLinks.load(sandbox, graph, [...ends]);
  const meeting = new Map(loaded.map((known) => [known.key, toOpen(known, nowMs)]));
  const answers = parsed.map((link): LinkAnswer => {
    if (link instanceof ItemFault) return { fault: link };
    const fault = putLink(link, meeting, { dataset: graph.id, item, atMs: nowMs }, limits);
    return fault ? { fault } : {};
  });
  const touched = [...meeting.values()].filter(({ isTouched }) => isTouched);
  const writes = touched.flatMap((links) => deviceLinks.toWrites(graph, links));
  const keys = touched.map(({ key }) => key);
  const relinked = [{ linksId: graph.linksId, keys, cause: { kind: 'IMPORT', reference: item } as const }];
  return { writes, entries: [], changed: [], relinked, result: answers };
}

function faultOr<T>(parse: () => T): T | ItemFault {
  try {
    return parse();
  } catch (error) {
    if (error instanceof ItemFault) return error;
    throw error;
  }
}

interface OpenMeeting extends MeetingLinks {
  readonly links: Map<string, DeviceLink>;
  isTouched: boolean;
}

function toOpen({ key, links, version }: MeetingLinks, nowMs: number): OpenMeeting {
  return { key, version, links: new Map([...links].filter(([, { untilMs }]) => untilMs > nowMs)), isTouched: false };
}

/** Puts the link where both of its ends are, or takes it out. */
function putLink(
  { from, to, untilMs }: ParsedDeviceLink,
  meeting: ReadonlyMap<string, OpenMeeting>,
  seen: Pick<DeviceLink, 'dataset' | 'item' | 'atMs'>,
  { deviceLinksPerIdentity: most }: Limits,
): ItemFault | undefined {
  const places = [meeting.get(from), meeting.get(to)].filter((place) => place !== undefined);
  const otherOf = ({ key }: OpenMeeting): string => (key === from ? to : from);
  const full = places.find(
    (place) => untilMs !== undefined && !place.links.has(otherOf(place)) && place.links.size >= most,
  );
  if (full) return limitFault('deviceLinksPerIdentity', full.key === from ? 'from' : 'to', most, `${most + 1} links`);
  for (const place of places) {
    if (untilMs === undefined) place.links.delete(otherOf(place));
    else place.links.set(otherOf(place), { ...seen, from, to, untilMs });
    place.isTouched = true;
  }
  return undefined;
}
