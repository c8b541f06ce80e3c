import { Arg, Ctx, Directive, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import type { ProfileEvent as EventOfProfile } from '../../../flow/events';
import { AppError } from '../../../platform/errors';
import { type Connection, toConnection, toPageSize } from '../../../platform/graphql/connections';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { JsonObjectScalar } from '../../../platform/graphql/subgraph-schema';
import type { Stored } from '../../../platform/store/store';
import { isAnonymous } from '../domain/anonymous';
import { mergeConsents } from '../domain/consents';
import { countingLinks } from '../domain/identity-graph';
import { datasetOf, itemIdOf } from '../domain/item';
import { selectPaths } from '../domain/select-paths';
import { personOf } from '../domain/view';
import type { EventPosition } from '../store/event-store';
import type { HistoryDocument, HistoryStore } from '../store/history-store';
import type { ProfileConfiguration } from '../store/profile-configuration';
import type { MergedViews } from '../use-cases/merge-view';
import { profilesOfPerson } from '../use-cases/profiles-of-person';
import type { ProfileReads } from '../use-cases/read-profiles';
import {
  AttributeSource,
  Consent,
  EventConnection,
  Identity,
  type IdentityChange,
  IdentityChangeConnection,
  IdentityLink,
  Profile,
  type ProfileEvent,
} from './profile.type';
import { toDeviceLink, toIdentity, toIdentityLink } from './to-profile';

type Fields = Readonly<Record<string, unknown>>;

const PATHS = { nullable: true, description: 'For example `loyalty.tier` or `orders[0].sku`; absent: all.' } as const;

/** What is known of a person. */
@Resolver(() => Profile)
export class ProfileFieldsResolver {
  constructor(
    private readonly reads: ProfileReads,
    private readonly configuration: ProfileConfiguration,
    private readonly history: HistoryStore,
    private readonly merged: MergedViews,
  ) {}

  @FieldResolver(() => JsonObjectScalar, { nullable: true, description: 'What the person is, by the merge policy.' })
  async attributes(
    @Root() { person, policy }: Profile,
    @Arg('paths', () => [String], PATHS) paths: string[] | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<Fields> {
    return selectPaths((await this.merged.of(sandbox, person, policy)).attributes, paths);
  }

  @FieldResolver(() => [AttributeSource], { nullable: true, description: 'Which item said what holds, by path.' })
  async attributeSources(
    @Root() { person, policy }: Profile,
    @Arg('paths', () => [String], { ...PATHS, description: 'These, and what lies below them; absent: all.' })
    paths: string[] | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<AttributeSource[]> {
    const isAsked = (path: string): boolean =>
      !paths || paths.some((asked) => path === asked || path.startsWith(`${asked}.`) || asked.startsWith(`${path}[`));
    return (await this.reads.leaves(sandbox, person, policy))
      .filter(({ path }) => isAsked(path))
      .map(({ path, dataset, item, atMs }) => ({ path, dataset, item, at: new Date(atMs) }))
      .sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  @FieldResolver(() => JsonObjectScalar, { nullable: true, description: 'What is computed from the events (P-15).' })
  async computedAttributes(@Root() { person }: Profile, @Ctx() { sandbox, nowMs }: RequestContext): Promise<Fields> {
    return (await this.reads.computed(sandbox, person, nowMs)).values;
  }

  @FieldResolver(() => [Identity], { nullable: true })
  identities(@Root() { person }: Profile): Identity[] {
    return person.head.identities.map(toIdentity);
  }

  @FieldResolver(() => [IdentityLink], { nullable: true, description: 'What makes the identities one person.' })
  async identityLinks(@Root() { person }: Profile, @Ctx() { sandbox }: RequestContext): Promise<IdentityLink[]> {
    const { deviceGraphs } = await this.configuration.settings(sandbox);
    const { identities, links } = person.head;
    const known = new Map(identities.map((identity) => [identity.key, identity]));
    return [
      ...countingLinks(identities, links).flatMap((link) => toIdentityLink(link, known)),
      ...(person.deviceLinks ?? []).map((link) => toDeviceLink(link, known, deviceGraphs.get(link.dataset))),
    ];
  }

  @FieldResolver(() => IdentityChangeConnection, {
    nullable: true,
    description:
      'Merges, splits, dropped links and cuts, the newest first; also of the profiles that became part of this one.',
  })
  async identityHistory(
    @Root() { person }: Profile,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<Connection<IdentityChange>> {
    const size = toPageSize(first, 20);
    const profileIds = await profilesOfPerson(
      { reads: this.reads, history: this.history },
      sandbox,
      personOf(person.id),
    );
    const page = await this.history.page(sandbox, profileIds, after ?? undefined, size + 1);
    const nodes = new Map(page.map((stored) => [toIdentityChange(stored), stored.id]));
    return toConnection([...nodes.keys()], size, after, (node) => nodes.get(node) ?? '');
  }

  @FieldResolver(() => EventConnection, { nullable: true, description: 'What the person did, the newest first.' })
  async events(
    @Root() { person }: Profile,
    @Arg('first', () => Int, { nullable: true, defaultValue: 20 }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Arg('types', () => [String], { nullable: true, description: 'Only events of these types.' }) types:
      | string[]
      | null,
    @Arg('from', () => Date, { nullable: true, description: 'Not before this instant.' }) from: Date | null,
    @Arg('to', () => Date, { nullable: true, description: 'Before this instant.' }) to: Date | null,
    @Ctx() { sandbox }: RequestContext,
  ): Promise<Connection<ProfileEvent>> {
    const size = toPageSize(first, 20);
    const before = after === null || after === undefined ? undefined : fromCursor(after);
    const found = await this.reads.events(sandbox, person, {
      limit: size + 1,
      ...(types ? { types } : {}),
      ...(before ? { before } : {}),
      ...(from ? { fromMs: from.getTime() } : {}),
      ...(to ? { toMs: to.getTime() } : {}),
    });
    const cursors = new Map(found.map((event) => [event.key, toCursor(event)]));
    return toConnection(found.map(toEvent), size, after, ({ dataset, id }) => cursors.get(`${dataset}|${id}`) ?? '');
  }

  @FieldResolver(() => [Consent], { nullable: true, description: 'What the person agreed to, by purpose (P-18).' })
  consents(@Root() { person }: Profile): Consent[] {
    return [...mergeConsents(person.head.identities).values()].map(({ purpose, status, atMs, source }) => ({
      purpose,
      status,
      at: new Date(atMs),
      source,
    }));
  }

  @FieldResolver(() => Boolean, { description: 'True when only browsers and devices are known of the person.' })
  async isAnonymous(@Root() { person }: Profile, @Ctx() { sandbox }: RequestContext): Promise<boolean> {
    return isAnonymous(person.head, (await this.configuration.settings(sandbox)).namespaces);
  }

  @Directive('@inaccessible')
  @FieldResolver(() => JsonObjectScalar, { nullable: true, description: 'What decisions need to know.' })
  async decisionFacts(@Root() profile: Profile, @Ctx() context: RequestContext): Promise<Fields> {
    const { person, policy, requestId } = profile;
    const view = await this.merged.of(context.sandbox, person, policy);
    const { computed } = await this.configuration.settings(context.sandbox);
    return {
      ...view,
      computedAttributes: computed.length === 0 ? {} : await this.computedAttributes(profile, context),
      context: profile.context ?? {},
      ...(requestId === undefined ? {} : { requestId }),
    };
  }
}

function toIdentityChange({ value }: Stored<HistoryDocument>): IdentityChange {
  const { kind, atMs, other = null, identities, cause, dataset = null, item = null, reference = null } = value;
  return { kind, at: new Date(atMs), profileId: other, identities, cause, dataset, item, reference };
}

function toEvent({ key, timestampMs, data }: EventOfProfile): ProfileEvent {
  const eventType = typeof data.eventType === 'string' ? data.eventType : null;
  return { id: itemIdOf(key), dataset: datasetOf(key), timestamp: new Date(timestampMs), eventType, data };
}

function toCursor({ timestampMs, key }: EventPosition): string {
  return Buffer.from(JSON.stringify([timestampMs, key])).toString('base64url');
}

function fromCursor(cursor: string): EventPosition {
  try {
    const [timestampMs, key] = JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [unknown, unknown];
    if (typeof timestampMs === 'number' && typeof key === 'string') return { timestampMs, key };
  } catch {
    // Falls through to the refusal.
  }
  throw new AppError('BAD_USER_INPUT', 'after: this is no cursor of this list.', { details: { path: 'after' } });
}
