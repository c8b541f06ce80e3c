import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { IdentityInput } from '../../../platform/graphql/identity.input';
import type { Stored } from '../../../platform/store/store';
import { type DeviceGraph as DeviceGraphDefinition, LINK_DAYS } from '../domain/device-graph';
import type { SentDeviceLink } from '../domain/parse-device-link';
import type { LinkAnswer, OpenLinkImport } from '../use-cases/import-device-links';
import type { DeviceGraphDraft } from '../use-cases/save-device-graph';
import { IngestStatus } from './profile-enums';

@ObjectType({ description: "A named provider's links between devices, which merge policies may follow (S-19)." })
export class DeviceGraph {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String, { description: 'Who it comes from.' })
  provider!: string;
  @Field(() => Int, { description: 'For how many days a link holds that does not say.' })
  validDays!: number;
  @Field(() => Int, { description: 'Grows by one with every change; give it as `expectedVersion`.' })
  version!: number;
}

@InputType({ description: 'A device graph; a merge policy names it as its `deviceGraph`.' })
export class DeviceGraphInput {
  @Field(() => ID)
  id!: string;
  @Field(() => String)
  name!: string;
  @Field(() => String, { description: 'Who it comes from.' })
  provider!: string;
  @Field(() => Int, {
    nullable: true,
    defaultValue: LINK_DAYS,
    description: 'For how many days a link holds that does not say.',
  })
  validDays?: number | null;
  @Field(() => Int, { nullable: true })
  expectedVersion?: number | null;
}

@InputType({ description: 'That two identities are one person, as the provider says.' })
export class DeviceLinkInput {
  @Field(() => IdentityInput, { description: 'Also one that nobody has been seen with yet.' })
  from!: IdentityInput;
  @Field(() => IdentityInput)
  to!: IdentityInput;
  @Field(() => Date, { nullable: true, description: 'Absent: as the graph says.' })
  validUntil?: Date | null;
  @Field(() => Boolean, { nullable: true, defaultValue: false, description: 'True: it is no more.' })
  remove?: boolean | null;
}

@ObjectType({ description: 'How it ended for one link.' })
export class DeviceLinkResult {
  @Field(() => IngestStatus)
  status!: 'ACCEPTED' | 'REJECTED';
  @Field(() => String, { nullable: true, description: 'Why it was refused, for programs.' })
  code!: string | null;
  @Field(() => String, { nullable: true, description: 'Where in the link the fault is.' })
  path!: string | null;
  @Field(() => String, { nullable: true })
  message!: string | null;
}

@ObjectType({ description: 'What became of an import of links.' })
export class DeviceGraphImport {
  @Field(() => ID)
  id!: string;
  @Field(() => DeviceGraph)
  deviceGraph!: DeviceGraph;
  @Field(() => Int)
  accepted!: number;
  @Field(() => Int)
  rejected!: number;
  @Field(() => [DeviceLinkResult], { description: 'In the order given.' })
  results!: readonly DeviceLinkResult[];
}

/** The device graph that was meant. */
export function toDeviceGraphDraft({ id, name, provider, validDays }: DeviceGraphInput): DeviceGraphDraft {
  return { id, name, provider, validDays: validDays ?? LINK_DAYS };
}

/** A device graph as callers see it. */
export function toDeviceGraph({ id, version, value }: Stored<DeviceGraphDefinition>): DeviceGraph {
  const { name, provider, validDays } = value;
  return { id, version, name, provider, validDays };
}

/** A link as the use case takes it. */
export function toSentDeviceLink({ from, to, validUntil, remove }: DeviceLinkInput): SentDeviceLink {
  return { from, to, validUntilMs: validUntil?.getTime(), remove: remove ?? false };
}

/** An import as callers see it. */
export function toDeviceGraphImport({ id, graph }: OpenLinkImport, answers: readonly LinkAnswer[]): DeviceGraphImport {
  const rejected = answers.filter(({ fault }) => fault).length;
  const results = answers.map(toResult);
  return { id, deviceGraph: toDeviceGraph(graph), accepted: answers.length - rejected, rejected, results };
}

function toResult({ fault }: LinkAnswer): DeviceLinkResult {
  const { code = null, path = null, message = null } = fault ?? {};
  return { status: fault ? 'REJECTED' : 'ACCEPTED', code, path, message };
}
