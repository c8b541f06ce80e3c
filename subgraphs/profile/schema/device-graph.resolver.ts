import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import { AppError } from '../../../platform/errors';
import { createConfigurationResolver } from '../../../platform/graphql/configuration-resolver';
import type { RequestContext } from '../../../platform/graphql/request-context';
import type { DeviceGraph as DeviceGraphDefinition } from '../domain/device-graph';
import type { LinkImports } from '../use-cases/import-device-links';
import type { DeviceGraphs } from '../use-cases/save-device-graph';
import {
  DeviceGraph,
  DeviceGraphImport,
  DeviceGraphInput,
  DeviceLinkInput,
  toDeviceGraph,
  toDeviceGraphDraft,
  toDeviceGraphImport,
  toSentDeviceLink,
} from './device-graph.type';

const MOST_LINKS = 10_000;

/** Links of device graphs from elsewhere. */
@Resolver()
export class DeviceLinkResolver {
  constructor(private readonly imports: LinkImports) {}

  @Mutation(() => DeviceGraphImport, {
    nullable: true,
    description: 'Puts a device graph and takes links of it; they count on the next request, where a policy names it.',
  })
  async importDeviceGraph(
    @Arg('input', () => DeviceGraphInput) input: DeviceGraphInput,
    @Arg('links', () => [DeviceLinkInput]) links: DeviceLinkInput[],
    @Ctx() { sandbox }: RequestContext,
  ): Promise<DeviceGraphImport> {
    if (links.length > MOST_LINKS) {
      const message = `links: at most ${MOST_LINKS} at once; ${links.length} were sent.`;
      throw new AppError('BAD_USER_INPUT', message, { details: { path: 'links' } });
    }
    const open = await this.imports.open(sandbox, toDeviceGraphDraft(input), input.expectedVersion ?? undefined);
    return toDeviceGraphImport(open, await open.take(links.map(toSentDeviceLink)));
  }
}

const GraphResolver = createConfigurationResolver<DeviceGraph, DeviceGraphInput, DeviceGraphDefinition>({
  name: 'DeviceGraph',
  plural: 'deviceGraphs',
  type: () => DeviceGraph,
  input: () => DeviceGraphInput,
});

/** Get, list, put and delete of device graphs. */
export function createDeviceGraphResolver(graphs: DeviceGraphs): object {
  return new GraphResolver(
    {
      all: graphs.all,
      put: (sandbox, input) => graphs.put(sandbox, toDeviceGraphDraft(input), input.expectedVersion ?? undefined),
      delete: graphs.delete,
    },
    toDeviceGraph,
  );
}
