import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { Progress } from '../../../platform/graphql/progress.type';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { EvaluationJob as EvaluationJobDefinition, EvaluationRuns } from '../use-cases/evaluate-segments';
import { JobStatus } from './segment-enums';

@ObjectType({ description: 'Segments evaluated for all people.' })
export class EvaluationJob {
  @Field(() => ID)
  id!: string;
  @Field(() => JobStatus)
  status!: JobStatus;
  @Field(() => Progress)
  progress!: Progress;
  @Field(() => Int, { description: 'How many memberships were found realized.' })
  realized!: number;
  @Field(() => Int, { description: 'How many people were found to have left.' })
  exited!: number;
  @Field(() => JsonObjectScalar, { description: 'Realized memberships of people known in each namespace.' })
  byNamespace!: Readonly<Record<string, number>>;
}

/** Evaluations on demand. */
@Resolver()
export class EvaluationResolver {
  constructor(private readonly runs: EvaluationRuns) {}

  @Query(() => EvaluationJob, { nullable: true, description: 'One evaluation by id; null when there is none.' })
  async evaluationJob(
    @Arg('id', () => ID) id: string,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<EvaluationJob | null> {
    const job = await this.runs.find(sandbox, id);
    return job ? toEvaluationJob(job) : null;
  }

  @Mutation(() => EvaluationJob, {
    nullable: true,
    description: 'Evaluates segments for all people, in the background.',
  })
  async evaluateSegments(
    @Arg('ids', () => [ID]) ids: string[],
    @Ctx() { sandbox }: RequestContext,
  ): Promise<EvaluationJob> {
    return toEvaluationJob(await this.runs.begin(sandbox, ids));
  }

  @Mutation(() => EvaluationJob, { nullable: true, description: 'Ends an evaluation where it stands.' })
  async cancelEvaluation(@Arg('id', () => ID) id: string, @Ctx() { sandbox }: RequestContext): Promise<EvaluationJob> {
    return toEvaluationJob(await this.runs.cancel(sandbox, id));
  }
}

function toEvaluationJob(job: EvaluationJobDefinition): EvaluationJob {
  const { id, status, done, total, finishedMs, realized, exited, byNamespace } = job;
  const finishedAt = finishedMs === undefined ? null : new Date(finishedMs);
  return { id, status, progress: { done, total, finishedAt }, realized, exited, byNamespace };
}
