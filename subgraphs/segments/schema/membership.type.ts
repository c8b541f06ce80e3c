import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { Cause } from '../../../flow/events';
import { createConnectionType } from '../../../platform/graphql/connections';
import { MembershipStatus } from '../../../platform/graphql/membership-status';
import type { Membership } from '../domain/membership';
import type { Qualification } from '../use-cases/follow-qualifications';
import { Segment } from './segment.type';
import { CauseKind } from './segment-enums';
import { SegmentsProfile } from './segments-profile.type';

@ObjectType({ description: 'What moved a membership.' })
export class QualificationCause {
  @Field(() => CauseKind)
  kind!: Cause['kind'];
  @Field(() => String, { nullable: true, description: 'The event, record, instant, job or version that did it.' })
  reference!: string | null;
}

@ObjectType({ description: 'Where a person stands in one segment.' })
export class SegmentMembership {
  @Field(() => Segment)
  segment: Segment;

  /** `findEndMs` finds when time will end it, in milliseconds, when it is asked for. */
  constructor(
    segment: Segment,
    private readonly membership: Membership,
    readonly findEndMs: () => number | undefined,
  ) {
    this.segment = segment;
  }

  @Field(() => MembershipStatus)
  get status(): MembershipStatus {
    return this.membership.status;
  }

  @Field(() => Date, { description: 'When it became so.' })
  get lastQualificationTime(): Date {
    return new Date(this.membership.atMs);
  }

  @Field(() => Int, { description: 'The version of the segment whose rule decided.' })
  get segmentVersion(): number {
    return this.membership.version;
  }

  @Field(() => QualificationCause)
  get cause(): QualificationCause {
    return toCause(this.membership.cause);
  }
}

@ObjectType({ description: 'One entry into, or exit from, a segment.' })
export class SegmentQualification {
  @Field(() => String, { description: 'Give it as `after` to go on after this one.' })
  cursor!: string;
  @Field(() => ID)
  profileId!: string;
  @Field(() => ID)
  segmentId!: string;
  @Field(() => MembershipStatus)
  status!: MembershipStatus;
  @Field(() => Date)
  at!: Date;
  @Field(() => QualificationCause)
  cause!: QualificationCause;
  @Field(() => SegmentsProfile, { nullable: true, description: 'The person, at least as of this change.' })
  profile!: SegmentsProfile | null;
}

export const SegmentQualificationConnection = createConnectionType<SegmentQualification>(
  'SegmentQualification',
  () => SegmentQualification,
);

/** A cause as callers see it. */
function toCause({ kind, reference }: Cause): QualificationCause {
  return { kind, reference: reference ?? null };
}

/** An announcement as callers see it. */
export function toSegmentQualification({ cursor, announcement: { body } }: Qualification): SegmentQualification {
  const { profileId, revision, segmentId, status, atMs, cause } = body;
  return {
    cursor,
    profileId,
    segmentId,
    status,
    at: new Date(atMs),
    cause: toCause(cause),
    profile: { id: profileId, revision },
  };
}
