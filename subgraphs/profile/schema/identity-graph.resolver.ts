import { Arg, Ctx, Field, Mutation, ObjectType, Query, Resolver } from 'type-graphql';
import { IdentityInput } from '../../../platform/graphql/identity.input';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { SimulateIdentityGraph } from '../use-cases/simulate';
import type { UnlinkIdentity } from '../use-cases/unlink-identity';
import { NamespaceInput, toNamespaceDefinition } from './configuration.type';
import { Identity, IdentityLink, Profile } from './profile.type';
import { toIdentity, toIdentityLink, toProfile } from './to-profile';

@ObjectType({ description: 'One person that the items would make.' })
export class SimulatedGraph {
  @Field(() => [Identity])
  identities!: readonly Identity[];
  @Field(() => [IdentityLink], {
    description: 'Links with an end here that do not count: they break a unique namespace.',
  })
  droppedLinks!: readonly IdentityLink[];
}

@ObjectType({ description: 'What came of a cut.' })
export class UnlinkPayload {
  @Field(() => Profile, { nullable: true, description: 'The person without the identity.' })
  profile!: Profile | null;
  @Field(() => Profile, { nullable: true, description: 'Who the identity is now, by itself.' })
  unlinked!: Profile | null;
}

/** What graphs items would make, and what is cut out of one. */
@Resolver()
export class IdentityGraphResolver {
  constructor(
    private readonly simulate: SimulateIdentityGraph,
    private readonly unlink: UnlinkIdentity,
  ) {}

  @Mutation(() => UnlinkPayload, {
    nullable: true,
    description:
      'Cuts an identity out of a person: its links so far no longer count, and events and attributes go back to where they came from. A later sighting links again.',
  })
  async unlinkIdentity(
    @Arg('profile', () => IdentityInput) profile: IdentityInput,
    @Arg('identity', () => IdentityInput, { description: 'The one to cut out.' }) identity: IdentityInput,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<UnlinkPayload> {
    const { profile: stays, unlinked } = await this.unlink(sandbox, profile, identity);
    return { profile: stays ? toProfile(stays) : null, unlinked: unlinked ? toProfile(unlinked) : null };
  }

  @Query(() => [SimulatedGraph], {
    nullable: true,
    description: 'The people that items would make, by the code that takes items in. Writes nothing (P-11).',
  })
  async simulateIdentityGraph(
    @Arg('items', () => [JsonObjectScalar], {
      description: '{ identityMap, timestamp }; without times: in this order.',
    })
    items: Readonly<Record<string, unknown>>[],
    @Arg('configuration', () => [NamespaceInput], {
      nullable: true,
      description: 'Takes the place of configured namespaces of the same code.',
    })
    configuration: NamespaceInput[] | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<SimulatedGraph[]> {
    const namespaces = new Map((configuration ?? []).map((each) => [each.id, toNamespaceDefinition(each)]));
    const { graphs, identities } = await this.simulate(sandbox, items, namespaces);
    return graphs.map((graph) => ({
      identities: graph.identities.map(toIdentity),
      droppedLinks: graph.droppedLinks.flatMap((link) => toIdentityLink(link, identities)),
    }));
  }
}
