import type { Scope } from '../platform/graphql/request-context';
import type { Rights } from './operations';

/** Field names by type, parted by blanks; `*` is every field of the type, also those still to come. */
export type Grants = Readonly<Record<string, string>>;

/**
 * Who may read what, in one place. Each scope has what it lists and what the one before it has; what nobody lists
 * is for admin keys. Privacy jobs are for privacy keys alone, and those have nothing else.
 */
export const GRANTS: Readonly<Record<'public' | 'server' | 'privacy', Grants>> = {
  // Browsers: take in what the page saw, decide, report; of a person only segments and decisions.
  public: {
    Query: 'profile anonymousDecisions',
    Mutation: 'collect decide reportDecisionEvents',
    CollectPayload: 'results ecid profile',
    IngestResult: 'id status code path message profile',
    Profile: 'id revision isAnonymous segments decisions',
    SegmentMembership: 'segment status lastQualificationTime validUntil segmentVersion cause',
    // Its reference may name a record of a person.
    QualificationCause: 'kind',
    Segment: 'id name',
    Decision: 'id placement offer content contentType activity variant score validUntil reason explanation',
    Placement: 'id name channel contentType',
    Offer: 'id name priority characteristics status start end',
    Activity: 'id name kind',
    ReportPayload: '*',
    ReportResult: '*',
  },
  // Servers: read and write people.
  server: {
    Query:
      'profileById profiles failedItems batch segment segments explainMembership explainDecision ' +
      'segmentQualifications decisionReport sharedAudiences deviceGraph deviceGraphs',
    Mutation:
      'ingestEvents ingestRecords startBatch completeBatch revertBatch replayFailedItems setConsent ' +
      'importAudience shareAudience unshareAudience importDeviceGraph',
    Subscription: 'segmentQualificationChanged',
    Profile: '*',
    SegmentMembership: '*',
    Segment: '*',
    ...every(
      'Identity IdentityLink IdentityChange IdentityChangeConnection IdentityChangeEdge ProfileEvent EventConnection EventEdge',
      'AttributeSource Consent ProfileConnection ProfileEdge ProfileActivation IngestPayload Batch FailedItem',
      'FailedItemConnection FailedItemEdge SegmentConnection SegmentEdge SegmentEvaluation SegmentCounts QualificationCause',
      'SegmentQualification SegmentQualificationConnection SegmentQualificationEdge MembershipExplanation ExplanationNode',
      'DecisionExplanation CandidateExplanation DecisionReportRow AudienceImport RefusedMember SharedAudience DeviceGraph Progress PageInfo',
      'DeviceGraphConnection DeviceGraphEdge DeviceGraphImport DeviceLinkResult',
    ),
    Destination: 'id name',
  },
  privacy: {
    Query: 'privacyJob',
    Mutation: 'createPrivacyJob',
    PrivacyJob: '*',
    SubgraphReport: '*',
  },
};

/** Everything, for those who asked for no authorization. */
export const ALL_RIGHTS: Rights = { name: 'all', mayRead: () => true };

const grantedTo = {
  public: toTest(GRANTS.public),
  server: toTest(GRANTS.server),
  privacy: toTest(GRANTS.privacy),
};

const RIGHTS: Readonly<Record<Scope, Rights>> = {
  public: { name: 'public', mayRead: grantedTo.public },
  server: {
    name: 'server',
    mayRead: (type, field) => grantedTo.public(type, field) || grantedTo.server(type, field),
  },
  admin: { name: 'admin', mayRead: (type, field) => !grantedTo.privacy(type, field) },
  privacy: { name: 'privacy', mayRead: (type, field) => grantedTo.privacy(type, field) || type === 'Progress' },
};

/** The rights of a scope. */
export function rightsOf(scope: Scope): Rights {
  return RIGHTS[scope];
}

function every(...names: readonly string[]): Grants {
  return Object.fromEntries(names.flatMap((some) => some.split(' ')).map((type) => [type, '*']));
}

function toTest(grants: Grants): (type: string, field: string) => boolean {
  const fields = new Map(Object.entries(grants).map(([type, names]) => [type, new Set(names.split(' '))]));
  return (type, field) => {
    const granted = fields.get(type);
    return granted !== undefined && (granted.has(field) || granted.has('*'));
  };
}
