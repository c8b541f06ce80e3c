import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, ID, Info, Int, Mutation, Query, Resolver } from 'type-graphql';
import type { IngestAnswer } from '../../../flow/ports';
import { type Connection, toConnection, toPageSize } from '../../../platform/graphql/connections';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { DatasetKind } from '../domain/dataset';
import type { FailedItemStore } from '../store/failed-item-store';
import type { Batches } from '../use-cases/batches';
import type { IngestItems } from '../use-cases/ingest';
import type { ReplayFailedItems } from '../use-cases/replay-failed-items';
import type { Views } from '../use-cases/view-people';
import {
  type FailedItem,
  FailedItemConnection,
  FailedItemReplayInput,
  IngestPayload,
  toFailedItem,
  toIngestPayload,
} from './ingest.type';
import type { Profile } from './profile.type';
import { asksFor } from './selection';
import { toProfile } from './to-profile';

type Body = Readonly<Record<string, unknown>>;

const BATCH = { nullable: true, description: 'An open batch to put them into: seen when it is completed.' } as const;

interface SentItems {
  readonly dataset: string;
  readonly kind: DatasetKind;
  readonly bodies: readonly Body[];
  readonly batch: string | null;
}

/** The ways in for servers, and what was refused on them. */
@Resolver()
export class IngestResolver {
  constructor(
    private readonly items: IngestItems,
    private readonly batches: Batches,
    private readonly failed: FailedItemStore,
    private readonly replay: ReplayFailedItems,
    private readonly views: Views,
  ) {}

  @Mutation(() => IngestPayload, { nullable: true, description: 'Takes events in; each gets its own answer.' })
  ingestEvents(
    @Arg('dataset', () => ID) dataset: string,
    @Arg('events', () => [JsonObjectScalar]) events: Body[],
    @Arg('batch', () => ID, BATCH) batch: string | null,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<IngestPayload> {
    return this.ingest(context, info, { dataset, kind: 'EVENTS', bodies: events, batch });
  }

  @Mutation(() => IngestPayload, { nullable: true, description: 'Takes records in; each gets its own answer.' })
  ingestRecords(
    @Arg('dataset', () => ID) dataset: string,
    @Arg('records', () => [JsonObjectScalar]) records: Body[],
    @Arg('batch', () => ID, BATCH) batch: string | null,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<IngestPayload> {
    return this.ingest(context, info, { dataset, kind: 'RECORDS', bodies: records, batch });
  }

  @Query(() => FailedItemConnection, { nullable: true, description: 'Items that were refused, the oldest first.' })
  async failedItems(
    @Arg('dataset', () => ID, { nullable: true }) dataset: string | null,
    @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Arg('code', () => String, { nullable: true, description: 'Only those refused for this reason.' })
    code: string | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<Connection<FailedItem>> {
    const size = toPageSize(first, 50);
    const page = await this.failed.page(sandbox, {
      limit: size + 1,
      ...(dataset ? { dataset } : {}),
      ...(after ? { after } : {}),
      ...(code ? { code } : {}),
    });
    return toConnection(page.map(toFailedItem), size, after, ({ id }) => id);
  }

  @Mutation(() => IngestPayload, {
    nullable: true,
    description:
      'Tries failed items again, as they came or mended. What is taken now is no longer kept as failed. An item that was sent for a batch goes into it; when that takes no more, it is refused as BATCH_NOT_OPEN.',
  })
  async replayFailedItems(
    @Arg('items', () => [FailedItemReplayInput]) items: FailedItemReplayInput[],
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<IngestPayload> {
    const { sandbox, nowMs } = context;
    const wanted = items.map(({ id, body }) => ({ id, ...(body ? { body } : {}) }));
    return this.toPayload(context, await this.replay(sandbox, wanted, nowMs), info);
  }

  private async ingest(
    context: RequestContext,
    info: GraphQLResolveInfo,
    { batch, ...sent }: SentItems,
  ): Promise<IngestPayload> {
    const { sandbox, nowMs } = context;
    const intake = { sandbox, nowMs, ...sent };
    const answers = batch ? await this.batches.put(batch, intake) : await this.items.ingest(intake);
    return this.toPayload(context, answers, info);
  }

  private async toPayload(
    context: RequestContext,
    answers: readonly IngestAnswer[],
    info: GraphQLResolveInfo,
  ): Promise<IngestPayload> {
    const profiles = asksFor(info, 'profile') ? await readProfiles(this.views, context, answers) : new Map();
    return toIngestPayload(answers, (id) => profiles.get(id) ?? null);
  }
}

/** The people that answers went to, by the ids in the answers. */
export async function readProfiles(
  views: Views,
  { sandbox, nowMs }: RequestContext,
  answers: readonly IngestAnswer[],
): Promise<Map<string, Profile>> {
  const ids = [...new Set(answers.flatMap(({ profileId }) => profileId ?? []))];
  const people = await views.byIds(sandbox, ids, nowMs);
  const profiles = new Map<string, Profile>();
  people.forEach((person, index) => {
    if (person) profiles.set(ids[index] ?? '', toProfile(person));
  });
  return profiles;
}
