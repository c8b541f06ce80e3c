import type { GraphQLFieldResolver } from 'graphql';
import { getMetadataStorage } from 'type-graphql';
import type { RequestContext } from './request-context';

/** Resolvers by type, then by field. */
export type ResolversMap = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

type Resolve = GraphQLFieldResolver<unknown, RequestContext, Readonly<Record<string, unknown>>>;
type Read = Resolve;

interface Method {
  readonly type: string;
  readonly field: string;
  readonly target: unknown;
  readonly methodName: string;
  readonly params: readonly Param[];
}

type Handler = Pick<
  ReturnType<typeof getMetadataStorage>['queries'][number],
  'schemaName' | 'target' | 'methodName' | 'params'
>;
type Param = NonNullable<Handler['params']>[number];

/**
 * The resolvers that type-graphql made, by a shorter way: fields that only read the property of their name are left to
 * the executor, and methods of `instances` are called at once, with inputs as the executor parsed them. Input classes
 * hold data alone, so that nothing is lost when no instances of them are made; there are no middlewares.
 */
export function shortenResolvers(made: ResolversMap, instances: ReadonlyMap<unknown, object>): ResolversMap {
  const methods = findMethods();
  const plain = findPlainFields(new Set(methods.map(({ type, field }) => `${type}.${field}`)));
  const direct = new Map(
    methods.flatMap((method): [string, Resolve][] => {
      const resolve = toDirect(method, instances.get(method.target));
      return resolve ? [[`${method.type}.${method.field}`, resolve]] : [];
    }),
  );
  const shorten = (type: string, [field, resolve]: [string, unknown]): readonly [string, unknown][] => {
    const key = `${type}.${field}`;
    return plain.has(key) ? [] : [[field, direct.get(key) ?? resolve]];
  };
  return Object.fromEntries(
    Object.entries(made).map(([type, fields]) => {
      const isScalar = Object.getPrototypeOf(fields) !== Object.prototype;
      return [
        type,
        isScalar ? fields : Object.fromEntries(Object.entries(fields).flatMap((one) => shorten(type, one))),
      ];
    }),
  );
}

function findMethods(): readonly Method[] {
  const { queries, mutations, fieldResolvers, objectTypes } = getMetadataStorage();
  const nameOf = (target: unknown): string => objectTypes.find((type) => type.target === target)?.name ?? '';
  const toMethod = (type: string, { schemaName: field, target, methodName, params = [] }: Handler): Method => ({
    ...{ type, field, target, methodName, params },
  });
  return [
    ...queries.map((each) => toMethod('Query', each)),
    ...mutations.map((each) => toMethod('Mutation', each)),
    ...fieldResolvers.map((each) => toMethod(nameOf(each.getObjectType?.()), each)),
  ];
}

function findPlainFields(methods: ReadonlySet<string>): ReadonlySet<string> {
  return new Set(
    getMetadataStorage().objectTypes.flatMap(({ name: type, fields = [] }) =>
      fields.flatMap(({ name, schemaName }) =>
        name === schemaName && !methods.has(`${type}.${name}`) ? [`${type}.${name}`] : [],
      ),
    ),
  );
}

/** `undefined` where a parameter is of a kind that type-graphql alone knows to fill. */
function toDirect({ methodName, params }: Method, instance: object | undefined): Resolve | undefined {
  const method: unknown = instance && Reflect.get(instance, methodName);
  const reads = [...params].sort((a, b) => a.index - b.index).map(toRead);
  if (typeof method !== 'function' || !reads.every((read) => read !== undefined)) return undefined;
  const [a, b, c] = reads;
  if (!a) return () => method.call(instance);
  if (!b) return (...given) => method.call(instance, a(...given));
  if (!c) return (...given) => method.call(instance, a(...given), b(...given));
  return (...given) =>
    method.apply(
      instance,
      reads.map((read) => read(...given)),
    );
}

function toRead(param: Param): Read | undefined {
  switch (param.kind) {
    case 'arg': {
      const { name } = param;
      return (_, args) => args[name];
    }
    case 'context': {
      const name = param.propertyName as keyof RequestContext | undefined;
      return name ? (_, __, context) => context[name] : (_, __, context) => context;
    }
    case 'root': {
      const { propertyName: name } = param;
      return name ? (root) => (root as Readonly<Record<string, unknown>>)[name] : (root) => root;
    }
    case 'info':
      return (_, __, ___, info) => info;
    default:
      return undefined;
  }
}
