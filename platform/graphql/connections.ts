import { type ClassType, Directive, Field, ObjectType } from 'type-graphql';
import { AppError } from '../errors';

/** Where a page stands in its list (Relay). */
@Directive('@shareable')
@ObjectType({ description: 'Where a page stands in its list (Relay).' })
export class PageInfo {
  @Field(() => Boolean, { description: 'True when more follow after `endCursor`.' })
  hasNextPage!: boolean;
  @Field(() => Boolean, { description: 'True when this page began after a cursor.' })
  hasPreviousPage!: boolean;
  @Field(() => String, { nullable: true })
  startCursor!: string | null;
  @Field(() => String, { nullable: true, description: 'Give it as `after` to read on.' })
  endCursor!: string | null;
}

export interface Edge<N> {
  readonly cursor: string;
  readonly node: N;
}

export interface Connection<N> {
  readonly edges: readonly Edge<N>[];
  readonly pageInfo: PageInfo;
}

/** The Relay connection type over `node`, named `<name>Connection`. Call once per name and export what it returns. */
export function createConnectionType<N extends object>(
  name: string,
  node: () => ClassType<N>,
): ClassType<Connection<N>> {
  @ObjectType(`${name}Edge`)
  class EdgeType {
    @Field(() => String)
    cursor!: string;
    @Field(node)
    node!: N;
  }

  @ObjectType(`${name}Connection`, { description: 'One page of a list (Relay).' })
  class ConnectionType {
    @Field(() => [EdgeType])
    edges!: EdgeType[];
    @Field(() => PageInfo)
    pageInfo!: PageInfo;
  }
  return ConnectionType;
}

const MOST_NODES = 1_000;

/** How many nodes a page holds: `first`, or `preset` where it is null. Throws BAD_USER_INPUT outside 0 to 1,000. */
export function toPageSize(first: number | null | undefined, preset: number): number {
  const size = first ?? preset;
  if (size >= 0 && size <= MOST_NODES) return size;
  throw new AppError('BAD_USER_INPUT', `first is from 0 to ${MOST_NODES}; ${size} was received.`, {
    details: { path: 'first' },
  });
}

/**
 * A page of `items`, of which the caller read one more than `first` to learn whether more follow.
 * @param after the cursor that the page was asked from, if any
 */
export function toConnection<N>(
  items: readonly N[],
  first: number,
  after: string | null | undefined,
  cursorOf: (item: N) => string,
): Connection<N> {
  const edges = items.slice(0, first).map((node) => ({ cursor: cursorOf(node), node }));
  return {
    edges,
    pageInfo: {
      hasNextPage: items.length > first,
      hasPreviousPage: after !== null && after !== undefined,
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}
