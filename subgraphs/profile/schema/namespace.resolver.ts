import { Ctx, FieldResolver, Resolver } from 'type-graphql';
import { Progress } from '../../../platform/graphql/progress.type';
import type { RequestContext } from '../../../platform/graphql/request-context';
import type { JobStore } from '../store/job-store';
import { REBUILD_JOB } from '../use-cases/rebuild-people';
import { Namespace } from './configuration.type';
import { toProgress } from './to-progress';

/** How far a change of namespaces has reached the people that were there before it. */
@Resolver(() => Namespace)
export class NamespaceResolver {
  constructor(private readonly jobs: JobStore) {}

  @FieldResolver(() => Progress, {
    nullable: true,
    description: 'How far the last change of namespaces has been applied to existing graphs; null when none was.',
  })
  async rebuild(@Ctx() { sandbox }: RequestContext): Promise<Progress | null> {
    const job = await this.jobs.get(sandbox, REBUILD_JOB);
    return job ? toProgress(job.value) : null;
  }
}
