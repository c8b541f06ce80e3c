import { AppError } from '../../../platform/errors';

/** Where a segment stands (S-9). One that is deleted keeps its place, so that its versions go on growing. */
export type SegmentStatus = 'DRAFT' | 'PUBLISHED' | 'INACTIVE' | 'DELETED';

/** What a caller says of a segment. */
export interface SegmentDraft {
  readonly name: string;
  readonly description?: string;
  /** PQL, as it was written. */
  readonly rule: string;
  readonly mergePolicy?: string;
  readonly labels: readonly string[];
}

/** The rule that is evaluated. */
export interface LiveRule {
  /** The segment's version that brought this rule. */
  readonly version: number;
  readonly rule: string;
  /** The merge policy whose view of people the rule reads; absent: the default one. */
  readonly mergePolicy?: string;
  /** When it was published: the instant at which the rule moved its members. Milliseconds. */
  readonly sinceMs: number;
}

/** Where the members of a segment come from that no rule finds (S-16). */
export interface ExternalSource {
  readonly provider: string;
  /** For how long an import holds that does not say. */
  readonly validDays: number;
}

/** For how many days an import holds, unless the audience says otherwise. */
export const VALID_DAYS = 30;

/** What a caller says of an audience from elsewhere. */
export interface AudienceDraft extends ExternalSource {
  readonly name: string;
  readonly labels: readonly string[];
}

/** A segment as it is kept. `live` is there exactly while it is published, and may be older than what was saved last. */
export interface Segment extends SegmentDraft {
  readonly status: SegmentStatus;
  /** 1 at first; grows by 1 with every change of what was saved. */
  readonly version: number;
  /** The version at which the saved rule last changed. */
  readonly ruleVersion: number;
  readonly live?: LiveRule;
  /** Set for an audience from elsewhere. */
  readonly external?: ExternalSource;
  /** When it was last withdrawn, while it is not published. Milliseconds. */
  readonly endedMs?: number;
}

/** The segment with `draft` saved: the same object when it changes nothing. A deleted one begins anew as a draft. */
export function saveDraft(before: Segment | undefined, draft: SegmentDraft): Segment {
  if (!before) return { ...draft, status: 'DRAFT', version: 1, ruleVersion: 1 };
  const { status, live, endedMs } = before;
  if (status !== 'DELETED' && isSameDraft(before, draft)) return before;
  const version = before.version + 1;
  const ruleVersion = isSameRule(before, draft) && status !== 'DELETED' ? before.ruleVersion : version;
  const kept = { ...(live && { live }), ...(endedMs !== undefined && { endedMs }) };
  return { ...draft, ...kept, status: status === 'DELETED' ? 'DRAFT' : status, version, ruleVersion };
}

/** The audience with `draft` saved, live at once: the same object when it changes nothing. */
export function saveAudience(before: Segment | undefined, id: string, draft: AudienceDraft, nowMs: number): Segment {
  if (before && !before.external && before.status !== 'DELETED') {
    throw new AppError('BAD_USER_INPUT', `id: ${id} is a segment with a rule; members cannot be imported into it.`, {
      details: { path: 'id' },
    });
  }
  const { provider, validDays, ...named } = draft;
  const saved = saveDraft(before, { ...named, rule: `inSegment("${id.replaceAll(/["\\\\]/g, '\\\\$&')}")` });
  const external = { provider, validDays };
  const isSame = before?.external?.provider === provider && before.external.validDays === validDays;
  if (saved === before && isSame && before.live) return before;
  return { ...publish(saved, nowMs), external };
}

/** The segment with its saved rule live: the same object when it already is. */
export function publish(segment: Segment, nowMs: number): Segment {
  if (segment.status === 'DELETED') throw notFound('a deleted segment cannot be published');
  if (segment.live?.version === segment.ruleVersion) return segment;
  const { ruleVersion: version, rule, mergePolicy } = segment;
  const live = { version, rule, sinceMs: nowMs, ...(mergePolicy !== undefined && { mergePolicy }) };
  const { endedMs: _, ...rest } = segment;
  return { ...rest, status: 'PUBLISHED', live };
}

/** The segment with no live rule. Fails with CONFLICT when it is not published. */
export function deactivate(segment: Segment, nowMs: number): Segment {
  if (segment.status === 'INACTIVE') return segment;
  if (segment.status !== 'PUBLISHED') {
    throw new AppError('CONFLICT', `Only a published segment can be deactivated; it is ${segment.status}.`, {
      retryable: false,
      details: { status: segment.status },
    });
  }
  const { live: _, ...rest } = segment;
  return { ...rest, status: 'INACTIVE', endedMs: nowMs };
}

/** What remains of a deleted segment. */
export function markDeleted({ live, ...segment }: Segment, nowMs: number): Segment {
  return { ...segment, status: 'DELETED', ...(live && { endedMs: nowMs }) };
}

/** True when `draft` would change nothing. */
function isSameDraft(a: Segment, b: SegmentDraft): boolean {
  const same = a.name === b.name && a.description === b.description && isSameRule(a, b);
  return same && a.labels.length === b.labels.length && a.labels.every((label, index) => label === b.labels[index]);
}

function isSameRule(a: SegmentDraft, b: SegmentDraft): boolean {
  return a.rule === b.rule && a.mergePolicy === b.mergePolicy;
}

function notFound(reason: string): AppError {
  return new AppError('NOT_FOUND', `There is no such segment: ${reason}.`);
}
