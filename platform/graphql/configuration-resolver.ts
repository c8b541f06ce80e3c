import {
  Arg,
  type ClassType,
  Ctx,
  Directive,
  Field,
  ID,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql';
import type { Stored } from '../store/store';
import { type Connection, createConnectionType, toConnection, toPageSize } from './connections';
import type { RequestContext } from './request-context';

/** What a delete answers with. */
@Directive('@shareable')
@ObjectType({ description: 'What was deleted.' })
export class DeletePayload {
  @Field(() => ID)
  id!: string;
}

/** The verbs behind a configuration kind. `put` checks the definition (BAD_USER_INPUT) before it saves. */
export interface ConfigurationUseCases<I, T> {
  all(sandbox: string): Promise<ReadonlyMap<string, Stored<T>>>;
  put(sandbox: string, input: I): Promise<Stored<T>>;
  delete(sandbox: string, id: string): Promise<void>;
}

/** What every input of a put has. */
export interface PutInput {
  readonly id: string;
  readonly expectedVersion?: number | null;
}

/** The verbs over definitions as the domain knows them. */
export interface DefinitionVerbs<T> {
  all(sandbox: string): Promise<ReadonlyMap<string, Stored<T>>>;
  save(sandbox: string, id: string, definition: T, expectedVersion?: number): Promise<Stored<T>>;
  delete(sandbox: string, id: string): Promise<void>;
}

/** The same verbs over inputs; `toDefinition` reads an input, and throws BAD_USER_INPUT for one that is not sound. */
export function overInputs<I extends PutInput, T>(
  verbs: DefinitionVerbs<T>,
  toDefinition: (input: I) => T,
): ConfigurationUseCases<I, T> {
  return {
    all: verbs.all,
    delete: verbs.delete,
    put: (sandbox, input) => verbs.save(sandbox, input.id, toDefinition(input), input.expectedVersion ?? undefined),
  };
}

interface ConfigurationResolverOptions<N extends object, I extends object> {
  /** The GraphQL type's name, for example `Offer`: gives `offer`, `putOffer`, `deleteOffer`. */
  readonly name: string;
  /** The list field, for example `offers`. */
  readonly plural: string;
  readonly type: () => ClassType<N>;
  readonly input: () => ClassType<I>;
}

type ConfigurationResolverClass<N extends object, I, T> = new (
  useCases: ConfigurationUseCases<I, T>,
  toNode: (stored: Stored<T>) => N,
) => object;

/** The resolver class of one kind of configuration: get, list (Relay, by id), put and delete. Make one per kind. */
export function createConfigurationResolver<N extends { id: string }, I extends object, T>(
  options: ConfigurationResolverOptions<N, I>,
): ConfigurationResolverClass<N, I, T> {
  const { name, plural, type, input } = options;
  const NodeConnection = createConnectionType<N>(name, type);
  const single = name.charAt(0).toLowerCase() + name.slice(1);

  @Resolver()
  class ConfigurationResolver {
    constructor(
      readonly useCases: ConfigurationUseCases<I, T>,
      readonly toNode: (stored: Stored<T>) => N,
    ) {}

    @Query(type, { name: single, nullable: true, description: `One ${name} by id; null when there is none.` })
    async get(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<N | null> {
      const stored = (await this.useCases.all(context.sandbox)).get(id);
      return stored ? this.toNode(stored) : null;
    }

    @Query(() => NodeConnection, { name: plural, nullable: true, description: `Every ${name}, by id.` })
    async list(
      @Arg('first', () => Int, { nullable: true, defaultValue: 50 }) first: number | null,
      @Arg('after', () => String, { nullable: true }) after: string | null,
      @Ctx() context: RequestContext,
    ): Promise<Connection<N>> {
      const stored = [...(await this.useCases.all(context.sandbox)).values()]
        .filter(({ id }) => !after || id > after)
        .sort((a, b) => (a.id < b.id ? -1 : 1));
      const size = toPageSize(first, 50);
      return toConnection(stored.slice(0, size + 1).map(this.toNode), size, after, ({ id }) => id);
    }

    @Mutation(type, {
      name: `put${name}`,
      nullable: true,
      description: `Creates or replaces a ${name}; twice the same changes nothing.`,
    })
    async put(@Arg('input', input) definition: I, @Ctx() context: RequestContext): Promise<N> {
      return this.toNode(await this.useCases.put(context.sandbox, definition));
    }

    @Mutation(() => DeletePayload, {
      name: `delete${name}`,
      nullable: true,
      description: `Deletes a ${name}; NOT_FOUND when there is none.`,
    })
    async delete(@Arg('id', () => ID) id: string, @Ctx() context: RequestContext): Promise<DeletePayload> {
      await this.useCases.delete(context.sandbox, id);
      return { id };
    }
  }
  return ConfigurationResolver;
}
