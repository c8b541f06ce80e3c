import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import type { RequestContext } from '../../../platform/graphql/request-context';
import type { Stored } from '../../../platform/store/store';
import type { Batch as BatchDefinition, BatchStatus as BatchStatusName } from '../domain/batch';
import type { Batches } from '../use-cases/batches';

// A batch turns from one instant to the next, so it never is between two of them.
const BatchStatus: { readonly [K in BatchStatusName | 'COMPLETING' | 'REVERTING']: K } = {
  OPEN: 'OPEN',
  COMPLETING: 'COMPLETING',
  COMPLETED: 'COMPLETED',
  REVERTING: 'REVERTING',
  REVERTED: 'REVERTED',
};
registerEnumType(BatchStatus, {
  name: 'BatchStatus',
  description:
    'All of a batch is seen while it is COMPLETED, nothing of it while it is OPEN or REVERTED; it turns at once.',
});

@ObjectType({ description: 'Items that become visible together and can be taken back together (P-6).' })
export class Batch {
  @Field(() => ID)
  id!: string;
  @Field(() => ID)
  dataset!: string;
  @Field(() => BatchStatus)
  status!: BatchStatusName;
  @Field(() => Int)
  accepted!: number;
  @Field(() => Int)
  duplicates!: number;
  @Field(() => Int)
  rejected!: number;
}

/** Batches. */
@Resolver()
export class BatchResolver {
  constructor(private readonly batches: Batches) {}

  @Query(() => Batch, { nullable: true, description: 'A batch by id; null when there is none.' })
  async batch(@Arg('id', () => ID) id: string, @Ctx() { sandbox }: RequestContext): Promise<Batch | null> {
    const found = await this.batches.find(sandbox, id);
    return found ? toBatch(found) : null;
  }

  @Mutation(() => Batch, { nullable: true, description: 'Opens a batch: what is put into it is seen by nobody yet.' })
  async startBatch(@Arg('dataset', () => ID) dataset: string, @Ctx() { sandbox }: RequestContext): Promise<Batch> {
    return toBatch(await this.batches.start(sandbox, dataset));
  }

  @Mutation(() => Batch, { nullable: true, description: 'Shows what is in an open batch; its status tells when.' })
  async completeBatch(@Arg('id', () => ID) id: string, @Ctx() { sandbox }: RequestContext): Promise<Batch> {
    return toBatch(await this.batches.complete(sandbox, id));
  }

  @Mutation(() => Batch, {
    nullable: true,
    description: 'Takes away again what a completed batch brought; what also came another way stays.',
  })
  async revertBatch(@Arg('id', () => ID) id: string, @Ctx() { sandbox }: RequestContext): Promise<Batch> {
    return toBatch(await this.batches.revert(sandbox, id));
  }
}

function toBatch({ id, value }: Stored<BatchDefinition>): Batch {
  const { dataset, status, accepted, duplicates, rejected } = value;
  return { id, dataset, status, accepted, duplicates, rejected };
}
