import { Arg, Ctx, Field, ID, Int, Mutation, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import { IdentityInput } from '../../../platform/graphql/identity.input';
import { Progress } from '../../../platform/graphql/progress.type';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { Stored } from '../../../platform/store/store';
import type { PrivacyJobKind as PrivacyJobKindName } from '../domain/privacy';
import type { PrivacyJob as PrivacyJobDocument } from '../use-cases/find-privacy-jobs';
import type { PrivacyJobs } from '../use-cases/privacy-jobs';
import { toProgress } from './to-progress';

const PrivacyJobKind: { readonly [K in PrivacyJobKindName]: K } = { ACCESS: 'ACCESS', DELETE: 'DELETE' };
registerEnumType(PrivacyJobKind, {
  name: 'PrivacyJobKind',
  description: 'Everything that is held about a person as one document, or its removal.',
});

type JobStatusName = 'PENDING' | 'RUNNING' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
const JobStatus: { readonly [K in JobStatusName]: K } = {
  PENDING: 'PENDING',
  RUNNING: 'RUNNING',
  COMPLETED: 'COMPLETED',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
};
registerEnumType(JobStatus, { name: 'JobStatus', description: 'Where a job stands.' });

@ObjectType({ description: 'What one subgraph found and removed.' })
export class SubgraphReport {
  @Field(() => String)
  subgraph!: string;
  @Field(() => Int)
  found!: number;
  @Field(() => Int)
  removed!: number;
  @Field(() => JsonObjectScalar, { nullable: true })
  detail!: Readonly<Record<string, unknown>> | null;
}

@ObjectType({ description: 'A request of a person about what is held about them (P-19).' })
export class PrivacyJob {
  @Field(() => ID)
  id!: string;
  @Field(() => PrivacyJobKind)
  kind!: PrivacyJobKindName;
  @Field(() => JobStatus)
  status!: JobStatusName;
  @Field(() => Progress)
  progress!: Progress;
  @Field(() => [SubgraphReport])
  reports!: readonly SubgraphReport[];
  @Field(() => String, { nullable: true, description: 'Where the document of ACCESS is, with a privacy key.' })
  documentUrl!: string | null;
}

/** Privacy jobs. */
@Resolver()
export class PrivacyResolver {
  constructor(private readonly jobs: PrivacyJobs) {}

  @Query(() => PrivacyJob, { nullable: true, description: 'A privacy job by id; null when there is none.' })
  async privacyJob(@Arg('id', () => ID) id: string, @Ctx() { sandbox }: RequestContext): Promise<PrivacyJob | null> {
    const job = await this.jobs.find(sandbox, id);
    return job ? toPrivacyJob(job) : null;
  }

  @Mutation(() => PrivacyJob, {
    nullable: true,
    description:
      'ACCESS: everything that is held about a person, in all subgraphs, as one document. DELETE: removes it everywhere; data from before is refused when it comes late.',
  })
  async createPrivacyJob(
    @Arg('identity', () => IdentityInput) identity: IdentityInput,
    @Arg('kind', () => PrivacyJobKind) kind: PrivacyJobKindName,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<PrivacyJob> {
    return toPrivacyJob(await this.jobs.create(sandbox, identity, kind));
  }
}

function toPrivacyJob({ id, value }: Stored<PrivacyJobDocument>): PrivacyJob {
  const { request, reports } = value.state;
  const isDone = value.openSinceMs === undefined;
  return {
    id,
    kind: request,
    status: isDone ? 'COMPLETED' : reports.length === 0 ? 'PENDING' : 'RUNNING',
    progress: toProgress(value),
    reports: reports.map(({ detail = null, ...report }) => ({ ...report, detail })),
    documentUrl: isDone && request === 'ACCESS' ? `/privacy/${id}` : null,
  };
}
