import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { createConfigurationResolver } from '../../../platform/graphql/configuration-resolver';
import type { RequestContext } from '../../../platform/graphql/request-context';
import type { AudienceSource as AudienceSourceDefinition } from '../domain/sharing';
import type { AudienceSharing } from '../use-cases/share-audience';
import {
  AudienceSource,
  AudienceSourceInput,
  SharedAudience,
  toAudienceSource,
  toSharedAudience,
  toSourceDefinition,
} from './shared-audience.type';

/** Audiences that sources share with others. */
@Resolver()
export class SharedAudienceResolver {
  constructor(private readonly sharing: AudienceSharing) {}

  @Query(() => [SharedAudience], { nullable: true, description: 'What a source shares with others, by id.' })
  async sharedAudiences(
    @Arg('source', () => ID) source: string,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<SharedAudience[]> {
    return (await this.sharing.of(sandbox, source)).map(toSharedAudience);
  }

  @Mutation(() => SharedAudience, {
    nullable: true,
    description: 'Shares an audience with others at once. LIMIT_EXCEEDED when the source shares as many as it may.',
  })
  async shareAudience(
    @Arg('source', () => ID) source: string,
    @Arg('segment', () => ID) segment: string,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<SharedAudience> {
    return toSharedAudience(await this.sharing.share(sandbox, source, segment));
  }

  @Mutation(() => SharedAudience, { nullable: true, description: 'Shares it no more, which makes room for another.' })
  async unshareAudience(
    @Arg('source', () => ID) source: string,
    @Arg('segment', () => ID) segment: string,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<SharedAudience> {
    return toSharedAudience(await this.sharing.unshare(sandbox, source, segment));
  }
}

const SourceResolver = createConfigurationResolver<AudienceSource, AudienceSourceInput, AudienceSourceDefinition>({
  name: 'AudienceSource',
  plural: 'audienceSources',
  type: () => AudienceSource,
  input: () => AudienceSourceInput,
});

/** Get, list, put and delete of the sources that share. */
export function createSourceResolver(sharing: AudienceSharing): object {
  return new SourceResolver(
    {
      all: sharing.sources,
      put: (sandbox, input) =>
        sharing.putSource(sandbox, {
          id: input.id,
          definition: toSourceDefinition(input),
          expectedVersion: input.expectedVersion ?? undefined,
        }),
      delete: sharing.deleteSource,
    },
    toAudienceSource,
  );
}
