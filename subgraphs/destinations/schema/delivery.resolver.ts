import { Arg, Ctx, ID, Int, Mutation, Query, Resolver } from 'type-graphql';
import { type Connection, toConnection, toPageSize } from '../../../platform/graphql/connections';
import type { RequestContext } from '../../../platform/graphql/request-context';
import type { DeliveryStatus as DeliveryStatusName } from '../domain/delivery';
import type { DeliveryStore } from '../store/delivery-store';
import type { ReplayDeadLetters } from '../use-cases/replay-dead-letters';
import { type Delivery, DeliveryConnection, LedgerRow, ReplayPayload, toDelivery, toLedgerRow } from './delivery.type';
import { DeliveryStatus } from './destination-enums';

/** Deliveries, their counts, and their replay. */
@Resolver()
export class DeliveryResolver {
  constructor(
    private readonly store: DeliveryStore,
    private readonly replay: ReplayDeadLetters,
  ) {}

  @Query(() => DeliveryConnection, {
    nullable: true,
    description: 'Deliveries to a destination, in the order they were taken in.',
  })
  async deliveries(
    @Arg('destination', () => ID) destination: string,
    @Arg('status', () => DeliveryStatus, { nullable: true }) status: DeliveryStatusName | null,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<Connection<Delivery>> {
    const size = toPageSize(first, 50);
    const found = await this.store.page(sandbox, {
      destination,
      status: status ?? undefined,
      after: after ?? undefined,
      limit: size + 1,
    });
    return toConnection(found.map(toDelivery), size, after, ({ id }) => id);
  }

  @Query(() => [LedgerRow], {
    nullable: true,
    description: 'A row for each segment that was ever sent to the destination, by its id.',
  })
  async deliveryLedger(
    @Arg('destination', () => ID) destination: string,
    @Arg('segment', () => ID, { nullable: true }) segment: string | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<LedgerRow[]> {
    const rows = await this.store.ledger(sandbox, destination);
    return rows.filter((row) => !segment || row.segment === segment).map(toLedgerRow);
  }

  @Mutation(() => ReplayPayload, {
    nullable: true,
    description: 'Sends dead letters again, saying what is so now: all of a destination, or those named.',
  })
  async replayDeadLetters(
    @Arg('destination', () => ID) destination: string,
    @Arg('ids', () => [ID], { nullable: true }) ids: string[] | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<ReplayPayload> {
    return this.replay(sandbox, destination, ids ?? undefined);
  }
}
