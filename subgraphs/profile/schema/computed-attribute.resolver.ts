import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { createConfigurationResolver } from '../../../platform/graphql/configuration-resolver';
import { Progress } from '../../../platform/graphql/progress.type';
import type { RequestContext } from '../../../platform/graphql/request-context';
import type { ComputedAttribute as ComputedAttributeDefinition } from '../domain/computed/computed-attribute';
import type { JobStore } from '../store/job-store';
import { computeJobId } from '../use-cases/refresh-people';
import { ComputedAttribute, ComputedAttributeInput } from './computed-attribute.type';
import { toProgress } from './to-progress';

/** `computedAttribute`, `computedAttributes`, `putComputedAttribute`, `deleteComputedAttribute`. */
export const ComputedAttributeConfigurationResolver = createConfigurationResolver<
  ComputedAttribute,
  ComputedAttributeInput,
  ComputedAttributeDefinition
>({
  name: 'ComputedAttribute',
  plural: 'computedAttributes',
  type: () => ComputedAttribute,
  input: () => ComputedAttributeInput,
});

/** How far a new computed attribute has been filled. */
@Resolver(() => ComputedAttribute)
export class ComputedAttributeResolver {
  constructor(private readonly jobs: JobStore) {}

  @FieldResolver(() => Progress, { nullable: true, description: 'Null when no filling is under way.' })
  async backfill(@Root() { id }: ComputedAttribute, @Ctx() { sandbox }: RequestContext): Promise<Progress | null> {
    const job = await this.jobs.get(sandbox, computeJobId(id));
    return job?.value.openSinceMs === undefined ? null : toProgress(job.value);
  }
}
