import { Arg, Ctx, ID, Mutation, Query, Resolver } from 'type-graphql';
import { AppError } from '../../../platform/errors';
import { IdentityInput } from '../../../platform/graphql/identity.input';
import type { RequestContext } from '../../../platform/graphql/request-context';
import type { ConsentStatus as ConsentStatusName } from '../domain/item';
import type { PolicyInUse } from '../domain/merge-policy';
import type { ProfileConfiguration } from '../store/profile-configuration';
import type { Access } from '../use-cases/access';
import type { SetConsent } from '../use-cases/set-consent';
import type { Views } from '../use-cases/view-people';
import { Profile } from './profile.type';
import { ConsentStatus } from './profile-enums';
import { toProfile } from './to-profile';

const POLICY = { nullable: true, description: 'The merge policy of the view; absent: the default one.' } as const;

/** Finding people. */
@Resolver()
export class ProfileResolver {
  constructor(
    private readonly views: Views,
    private readonly configuration: ProfileConfiguration,
    private readonly access: Access,
    private readonly setConsentOf: SetConsent,
  ) {}

  @Query(() => Profile, { nullable: true, description: 'The person with this identity; null for an unknown one.' })
  async profile(
    @Arg('identity', () => IdentityInput) identity: IdentityInput,
    @Arg('mergePolicy', () => ID, POLICY) mergePolicy: string | null,
    @Ctx() context: RequestContext,
  ): Promise<Profile | null> {
    const [found = null] = await this.profiles([identity], mergePolicy, context);
    return found;
  }

  @Query(() => Profile, {
    nullable: true,
    description: 'The person with this id; also by the id of a profile that became part of them.',
  })
  async profileById(
    @Arg('id', () => ID) id: string,
    @Arg('mergePolicy', () => ID, POLICY) mergePolicy: string | null,
    @Ctx() context: RequestContext,
  ): Promise<Profile | null> {
    if (context.scope === 'public') throw new AppError('FORBIDDEN', 'A public key asks by a browser or device.');
    const policy = await this.policy(context.sandbox, mergePolicy);
    const [person] = await this.views.byIds(context.sandbox, [id], context.nowMs, policy);
    return person ? toProfile(person, policy ? { policy } : {}) : null;
  }

  @Query(() => [Profile], { nullable: 'itemsAndList', description: 'In the order asked; null for unknown ones.' })
  async profiles(
    @Arg('identities', () => [IdentityInput]) identities: IdentityInput[],
    @Arg('mergePolicy', () => ID, POLICY) mergePolicy: string | null,
    @Ctx() context: RequestContext,
  ): Promise<(Profile | null)[]> {
    const policy = await this.policy(context.sandbox, mergePolicy);
    const views = await this.access.findMany(context, identities, policy);
    return views.map((person) => (person ? toProfile(person, policy ? { policy } : {}) : null));
  }

  @Mutation(() => Profile, {
    nullable: true,
    description: 'The person, so that decisions asked of them count, with no event. Null for an unknown identity.',
  })
  decide(
    @Arg('identity', () => IdentityInput) identity: IdentityInput,
    @Ctx() context: RequestContext,
  ): Promise<Profile | null> {
    return this.profile(identity, null, context);
  }

  @Mutation(() => Profile, { nullable: true, description: 'Notes what a person agrees to, or not (P-18).' })
  async setConsent(
    @Arg('identity', () => IdentityInput) identity: IdentityInput,
    @Arg('purpose', () => String) purpose: string,
    @Arg('status', () => ConsentStatus) status: ConsentStatusName,
    @Ctx() context: RequestContext,
  ): Promise<Profile | null> {
    const profileId = await this.setConsentOf(context.sandbox, identity, { purpose, status });
    const [person] = await this.views.byIds(context.sandbox, [profileId], context.nowMs);
    return person ? toProfile(person) : null;
  }

  private async policy(sandbox: string, id: string | null | undefined): Promise<PolicyInUse | undefined> {
    if (id === null || id === undefined) return undefined;
    const policy = (await this.configuration.settings(sandbox)).policies.get(id);
    if (policy) return policy;
    throw new AppError('BAD_USER_INPUT', `There is no merge policy ${id}.`, { details: { path: 'mergePolicy' } });
  }
}
