import type { Write } from '../../../platform/store/store';
import type { DeviceGraphInUse, DeviceLink } from '../domain/device-graph';
import { endsOf } from '../domain/identity-graph';
import type { DeviceLinkStore, MeetingLinks } from '../store/device-link-store';
import type { ProfileConfiguration } from '../store/profile-configuration';

export interface DeviceLinkDependencies {
  readonly deviceLinks: DeviceLinkStore;
  readonly configuration: ProfileConfiguration;
}

/** The links of one device graph with an end among some identities. */
export interface FoundLinks {
  readonly graph: DeviceGraphInUse;
  readonly links: readonly DeviceLink[];
}

/** The links that meet in these identities, of every device graph; `untilMs`: only those imported up to then. */
export async function findDeviceLinks(
  { deviceLinks, configuration }: DeviceLinkDependencies,
  sandbox: string,
  keys: readonly string[],
  untilMs: number,
): Promise<readonly FoundLinks[]> {
  const { deviceGraphs } = await configuration.settings(sandbox);
  const found: FoundLinks[] = [];
  for (const graph of deviceGraphs.values()) {
    const links = new Map<string, DeviceLink>();
    for (const meeting of await deviceLinks.load(sandbox, graph, keys)) {
      for (const link of meeting.links.values()) if (link.atMs <= untilMs) links.set(endsOf(link), link);
    }
    if (links.size > 0) found.push({ graph, links: [...links.values()] });
  }
  return found;
}

/** The writes that take links out at both of their ends. */
export async function toLinkRemovals(
  { deviceLinks }: DeviceLinkDependencies,
  sandbox: string,
  found: readonly FoundLinks[],
): Promise<readonly Write[]> {
  const writes: Write[] = [];
  for (const { graph, links } of found) {
    const gone = new Set(links.map(endsOf));
    const ends = new Set(links.flatMap(({ from, to }) => [from, to]));
    const meeting = await deviceLinks.load(sandbox, graph, [...ends]);
    writes.push(...meeting.flatMap((each) => deviceLinks.toWrites(graph, without(each, gone))));
  }
  return writes;
}

function without({ links, ...rest }: MeetingLinks, gone: ReadonlySet<string>): MeetingLinks {
  return { ...rest, links: new Map([...links].filter(([, link]) => !gone.has(endsOf(link)))) };
}
