import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../platform/graphql/request-context';
import type { ProfileConfiguration } from '../store/profile-configuration';
import type { Access } from '../use-cases/access';
import type { Collect, Collected } from '../use-cases/collect';
import type { ProfileReads } from '../use-cases/read-profiles';
import { checkPurpose } from '../use-cases/set-consent';
import type { Views } from '../use-cases/view-people';
import { CollectInput, CollectPayload } from './collect.type';
import { readProfiles } from './ingest.resolver';
import { toIngestResults } from './ingest.type';
import type { Profile } from './profile.type';
import { toProfile } from './to-profile';

/** Record what the page saw and answer about the person including it, in one call. */
@Resolver()
export class CollectResolver {
  constructor(
    private readonly collectNow: Collect,
    private readonly access: Access,
    private readonly reads: ProfileReads,
    private readonly views: Views,
    private readonly configuration: ProfileConfiguration,
  ) {}

  @Mutation(() => CollectPayload, {
    nullable: true,
    description: 'Records what the page saw and answers about the person, these items included, in one call.',
  })
  async collect(
    @Arg('input', () => CollectInput) input: CollectInput,
    @Ctx() request: RequestContext,
  ): Promise<CollectPayload> {
    const { sandbox, scope, nowMs } = request;
    const consents = input.consents ?? [];
    for (const [index, { purpose }] of consents.entries()) checkPurpose(purpose, `consents[${index}].purpose`);
    const { namespaces } = await this.configuration.settings(sandbox);
    const checkIdentity = this.access.identityCheck(request, namespaces);
    const collected = await this.collectNow({
      sandbox,
      nowMs,
      dataset: input.dataset ?? 'web',
      recordDataset: input.recordDataset ?? 'crm',
      identityMap: input.identityMap,
      events: input.events,
      records: input.records,
      consents,
      fromBrowser: scope === 'public',
      ...(input.requestId ? { requestId: input.requestId } : {}),
      ...(checkIdentity ? { checkIdentity } : {}),
    });
    const profiles = await readProfiles(this.views, request, collected.answers);
    return {
      results: toIngestResults(collected.answers, (id) => profiles.get(id) ?? null),
      ecid: collected.ecid ?? null,
      profile: await this.profileOf(collected, input, request),
    };
  }

  private async profileOf(
    { profileId, browser }: Collected,
    { context, requestId }: CollectInput,
    request: RequestContext,
  ): Promise<Profile | null> {
    if (profileId === undefined) return null;
    const [person] = await this.reads.byIds(request.sandbox, [profileId]);
    if (!person) return null;
    const view =
      browser === undefined
        ? await this.views.view(request.sandbox, person, request.nowMs)
        : await this.access.viewFor(request, person, browser);
    return toProfile(view, { ...(context ? { context } : {}), ...(requestId ? { requestId } : {}) });
  }
}
