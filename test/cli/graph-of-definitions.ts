import { buildSchema, GraphQLError, graphql } from 'graphql';
import type { Ask } from '../../app/cli/apply/graph-client';

const SDL = `
  scalar JSON
  scalar JSONObject
  input NamespaceInput { id: ID! type: NamespaceType! priority: Int! unique: Boolean = false }
  enum NamespaceType { CROSS_DEVICE EMAIL PHONE DEVICE COOKIE }
  type Namespace { id: ID! type: NamespaceType! priority: Int! version: Int! }
  input DatasetInput { id: ID! kind: DatasetKind! public: Boolean = false }
  enum DatasetKind { EVENTS RECORDS }
  type Dataset { id: ID! kind: DatasetKind! version: Int! }
  input SegmentInput { id: ID! name: String! rule: String! publish: Boolean = false }
  type Segment { id: ID! name: String! rule: String! ruleTree: JSON status: Lifecycle! version: Int! usedBy: [String!]! }
  enum Lifecycle { DRAFT PUBLISHED }
  type SegmentPayload { segment: Segment! warnings: [String!]! }
  input PlacementInput { id: ID! name: String! }
  type Placement { id: ID! name: String! version: Int! }
  input RepresentationInput { placement: ID! content: JSON! }
  input OfferInput { id: ID! name: String! priority: Int = 0 representations: [RepresentationInput!]! }
  type Offer { id: ID! name: String! version: Int! }
  input DestinationInput { id: ID! name: String! settings: JSONObject! }
  type Destination { id: ID! name: String! version: Int! activations: [Activation!]! }
  type Activation { segment: Segment }
  type ActivationPayload { destination: Destination! }
  type Query {
    namespace(id: ID!): Namespace
    dataset(id: ID!): Dataset
    segment(id: ID!): Segment
    placement(id: ID!): Placement
    offer(id: ID!): Offer
    destination(id: ID!): Destination
  }
  type Mutation {
    putNamespace(input: NamespaceInput!): Namespace
    putDataset(input: DatasetInput!): Dataset
    putSegment(input: SegmentInput!): SegmentPayload
    putPlacement(input: PlacementInput!): Placement
    putOffer(input: OfferInput!): Offer
    putDestination(input: DestinationInput!): Destination
    activateSegment(destination: ID!, segment: ID!): ActivationPayload
  }
`;

/** A small graph of definitions: puts are upserts with versions, and a reference must be there before. */
export interface GraphOfDefinitions {
  readonly ask: Ask;
  /** The puts that were asked for, in order: `kind id`. */
  readonly puts: string[];
}

/** An empty graph. It refuses a rule that holds \`)(\`, with its place. */
export function createGraphOfDefinitions(): GraphOfDefinitions {
  const schema = buildSchema(SDL);
  const stored = new Map<string, Record<string, unknown>>();
  const activated = new Map<string, Set<string>>();
  const puts: string[] = [];
  const need = (kind: string, id: string, path: string): void => {
    if (!stored.has(`${kind} ${id}`)) refuse(`${path}: there is no ${kind} ${id}.`, { path });
  };
  const put = (kind: string, input: Record<string, unknown>, extra: object = {}) => {
    const key = `${kind} ${String(input.id)}`;
    puts.push(key);
    const before = stored.get(key);
    const same = before && JSON.stringify(before.input) === JSON.stringify(input);
    const version = Number(before?.version ?? 0) + (same ? 0 : 1);
    stored.set(key, { ...input, ...extra, input, version });
    return read(kind, String(input.id));
  };
  const read = (kind: string, id: string): Record<string, unknown> | null => {
    const found = stored.get(`${kind} ${id}`);
    if (!found) return null;
    const segments = [...(activated.get(id) ?? [])].map((segment) => ({ segment: read('segment', segment) }));
    return { ...found, usedBy: puts, activations: segments };
  };
  type Put = { input: Record<string, unknown> & { id: string } };
  const rootValue = {
    ...Object.fromEntries(
      ['namespace', 'dataset', 'segment', 'placement', 'offer', 'destination'].map((kind) => [
        kind,
        ({ id }: { id: string }) => read(kind, id),
      ]),
    ),
    putNamespace: ({ input }: Put) => put('namespace', input),
    putDataset: ({ input }: Put) => put('dataset', input),
    putPlacement: ({ input }: Put) => put('placement', input),
    putDestination: ({ input }: Put) => put('destination', input),
    putSegment({ input }: Put) {
      const rule = String(input.rule);
      const needed = /inSegment\("(.*?)"\)/.exec(rule)?.[1];
      if (needed) need('segment', needed, 'rule');
      if (rule.includes(')('))
        refuse('The rule does not parse.', { diagnostics: [{ message: 'unexpected (', line: 1, column: 4 }] });
      return {
        segment: put('segment', input, { status: input.publish ? 'PUBLISHED' : 'DRAFT', ruleTree: { rule } }),
        warnings: [],
      };
    },
    putOffer({ input }: Put) {
      (input.representations as { placement: string }[]).forEach(({ placement }, index) => {
        need('placement', placement, `representations.${index}.placement`);
      });
      return put('offer', input);
    },
    activateSegment({ destination, segment }: { destination: string; segment: string }) {
      need('segment', segment, 'segment');
      activated.set(destination, (activated.get(destination) ?? new Set()).add(segment));
      return { destination: read('destination', destination) };
    },
  };
  return {
    puts,
    ask: (source, variableValues = {}) => graphql({ schema, source, rootValue, variableValues }),
  };
}

function refuse(message: string, extensions: Record<string, unknown>): never {
  throw new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT', ...extensions } });
}
