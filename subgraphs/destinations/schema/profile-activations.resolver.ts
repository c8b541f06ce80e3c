import DataLoader from 'dataloader';
import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { perRequest, type RequestContext } from '../../../platform/graphql/request-context';
import type { Stored } from '../../../platform/store/store';
import type { Destination as DestinationDefinition } from '../domain/destination';
import { type Lane, laneId } from '../domain/lane';
import type { DeliveryStore } from '../store/delivery-store';
import type { DestinationsConfiguration } from '../store/destinations-configuration';
import { ProfileActivation, toDestination } from './destination.type';
import { DestinationsProfile } from './stubs.type';

type Lanes = DataLoader<string, Stored<Lane> | undefined>;

/** What destinations know of a person. */
@Resolver(() => DestinationsProfile)
export class ProfileActivationsResolver {
  constructor(
    private readonly configuration: DestinationsConfiguration,
    private readonly store: DeliveryStore,
  ) {}

  @FieldResolver(() => [ProfileActivation], {
    nullable: true,
    description: 'What each destination was told about the person, or is about to be.',
  })
  async activations(@Root() { id }: DestinationsProfile, @Ctx() context: RequestContext): Promise<ProfileActivation[]> {
    const destinations = [...(await this.configuration.destinations.all(context.sandbox)).values()];
    const lanes = perRequest(context, this, () => this.createLoader(context.sandbox));
    const known = await Promise.all(destinations.map((destination) => lanes.load(laneId(destination.id, id))));
    return destinations.flatMap((destination, index) => toActivations(destination, known[index]?.value));
  }

  private createLoader(sandbox: string): Lanes {
    return new DataLoader((ids) => this.store.lanes(sandbox, ids).then((found) => [...found]));
  }
}

function toActivations(destination: Stored<DestinationDefinition>, lane: Lane | undefined): ProfileActivation[] {
  const told = lane?.segments.filter((segment) => segment.told) ?? [];
  return told.map(({ segment, status, sentStatus, sentAtMs }) => ({
    destination: toDestination(destination),
    segment: { id: segment },
    status,
    sentAt: sentAtMs !== undefined && sentStatus === status ? new Date(sentAtMs) : null,
  }));
}
