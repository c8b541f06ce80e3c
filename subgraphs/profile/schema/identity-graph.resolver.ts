import { Arg, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { SimulateIdentityGraph } from '../use-cases/simulate';
import { NamespaceInput, toNamespaceDefinition } from './configuration.type';
import { Identity, IdentityLink } from './profile.type';
import { toIdentity, toIdentityLink } from './to-profile';

@ObjectType({ description: 'One person that the items would make.' })
export class SimulatedGraph {
  @Field(() => [Identity])
  identities!: readonly Identity[];
  @Field(() => [IdentityLink], {
    description: 'Links with an end here that do not count: they break a unique namespace.',
  })
  droppedLinks!: readonly IdentityLink[];
}

/** What graphs items would make. */
@Resolver()
export class IdentityGraphResolver {
  constructor(private readonly simulate: SimulateIdentityGraph) {}

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
