import { Arg, Ctx, FieldResolver, ID, Mutation, Resolver, Root } from 'type-graphql';
import { createConfigurationResolver } from '../../../platform/graphql/configuration-resolver';
import type { RequestContext } from '../../../platform/graphql/request-context';
import type { Stored } from '../../../platform/store/store';
import { CLOSED, type Health, healthOf } from '../domain/breaker';
import type { Activation as ActivationDefinition, Destination as DestinationDefinition } from '../domain/destination';
import type { DeliveryStore } from '../store/delivery-store';
import type { DestinationsConfiguration } from '../store/destinations-configuration';
import { type Job, type JobStore, jobId } from '../store/job-store';
import type { ActivateSegment, DeactivateActivation } from '../use-cases/activate-segment';
import { DestinationInput } from './destination.input';
import { Activation, ActivationPayload, Destination, toDestination } from './destination.type';
import { DestinationHealth } from './destination-enums';

/** `destination`, `destinations`, `putDestination`, `deleteDestination`. */
export const DestinationConfigurationResolver = createConfigurationResolver<
  Destination,
  DestinationInput,
  DestinationDefinition
>({ name: 'Destination', plural: 'destinations', type: () => Destination, input: () => DestinationInput });

/** What activations of a destination are read and changed with. */
export interface ActivationVerbs {
  readonly configuration: DestinationsConfiguration;
  readonly store: DeliveryStore;
  readonly jobStore: JobStore;
  readonly activate: ActivateSegment;
  readonly deactivate: DeactivateActivation;
}

/** A destination's health and activations, and what begins and ends them. */
@Resolver(() => Destination)
export class DestinationResolver {
  constructor(private readonly verbs: ActivationVerbs) {}

  @FieldResolver(() => DestinationHealth)
  async health(@Root() { id, enabled }: Destination, @Ctx() { sandbox }: RequestContext): Promise<Health> {
    return healthOf(enabled, (await this.verbs.store.breaker(sandbox, id)) ?? CLOSED);
  }

  @FieldResolver(() => [Activation], { description: 'The segments that are sent there, by id.' })
  async activations(@Root() { id }: Destination, @Ctx() { sandbox }: RequestContext): Promise<Activation[]> {
    const all = [...(await this.verbs.configuration.activations.all(sandbox)).values()].map(({ value }) => value);
    return this.toActivations(
      sandbox,
      all.filter(({ destination }) => destination === id),
    );
  }

  @Mutation(() => ActivationPayload, {
    nullable: true,
    description: 'Sends a segment to a destination from now on; those already in it are told in the background.',
  })
  async activateSegment(
    @Arg('destination', () => ID) destination: string,
    @Arg('segment', () => ID) segment: string,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<ActivationPayload> {
    const activation = await this.verbs.activate(sandbox, destination, segment);
    const [node] = await this.toActivations(sandbox, [activation]);
    return { destination: await this.destination(sandbox, destination), activation: node ?? null };
  }

  @Mutation(() => ActivationPayload, {
    nullable: true,
    description: 'Sends a segment to a destination no more.',
  })
  async deactivateActivation(
    @Arg('destination', () => ID) destination: string,
    @Arg('segment', () => ID) segment: string,
    @Arg('sendExits', () => Boolean, {
      nullable: true,
      defaultValue: true,
      description: 'False: the destination is not told that those who are in the segment are taken off it.',
    })
    sendExits: boolean | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<ActivationPayload> {
    await this.verbs.deactivate(sandbox, destination, segment, sendExits ?? true);
    return { destination: await this.destination(sandbox, destination), activation: null };
  }

  private async destination(sandbox: string, id: string): Promise<Destination> {
    const stored = (await this.verbs.configuration.destinations.all(sandbox)).get(id);
    if (!stored) throw new Error(`Destination ${id} was there a moment ago.`);
    return toDestination(stored);
  }

  private async toActivations(sandbox: string, activations: readonly ActivationDefinition[]): Promise<Activation[]> {
    const jobIds = activations.map(({ key }) => jobId({ kind: 'BACKFILL', activation: key }));
    const jobs = await this.verbs.jobStore.getMany(sandbox, jobIds);
    return activations.map(({ segment, sinceMs }, index) => ({
      segment: { id: segment },
      since: new Date(sinceMs),
      backfill: toProgress(jobs[index]),
    }));
  }
}

function toProgress(job: Stored<Job> | undefined): Activation['backfill'] {
  return job?.value.open ? { done: job.value.done, total: job.value.total, finishedAt: null } : null;
}
