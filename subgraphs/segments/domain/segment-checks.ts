import { AppError } from '../../../platform/errors';
import { isDefinitionId } from '../../../platform/ids';
import type { Expression } from '../../../platform/pql/tree';
import { findSegmentCycle } from './engine/segment-cycle';
import { parseRule, ruleRefused, segmentsOfRule, segmentUses } from './rule';
import type { Segment, SegmentDraft } from './segment';

/** All segments of a sandbox by id, deleted ones included. */
type Segments = ReadonlyMap<string, { readonly id: string; readonly value: Segment }>;

/** Fails with BAD_USER_INPUT for an id that cannot be; `path` names the field, as the caller wrote it. */
export function checkId(id: string, path = 'id'): void {
  if (isDefinitionId(id)) return;
  const reason = `an id has 1 to 200 characters without blanks and "|"; received "${id.slice(0, 200)}"`;
  throw new AppError('BAD_USER_INPUT', `${path}: ${reason}.`, { details: { path } });
}

/** Fails with BAD_USER_INPUT where the segment has no sound name. */
export function checkDraft({ name }: SegmentDraft): void {
  if (name.trim() === '' || name.length > 1_000) {
    throw new AppError('BAD_USER_INPUT', 'name: a segment needs a name of at most 1,000 characters.', {
      details: { path: 'name' },
    });
  }
}

/** Fails with CONFLICT where the segment is at another version than expected; one that is not there is at 0. */
export function checkVersion(id: string, segment: Segment | undefined, expectedVersion: number | undefined): void {
  const version = segment && segment.status !== 'DELETED' ? segment.version : 0;
  if (expectedVersion === undefined || expectedVersion === version) return;
  throw new AppError('CONFLICT', `Segment ${id} is at version ${version}, not ${expectedVersion}.`, {
    retryable: false,
    details: { id, version, expectedVersion },
  });
}

/**
 * Fails with BAD_USER_INPUT, with its places, where the rule of `id` closes a cycle of `inSegment`.
 * @param ruleOf the rule of another segment that counts
 */
export function checkCycle(
  id: string,
  tree: Expression,
  all: Segments,
  ruleOf: (segment: Segment) => string | undefined,
): void {
  const others = [...all.values()].flatMap(({ id: other, value }) => {
    const rule = value.status === 'DELETED' || value.external || other === id ? undefined : ruleOf(value);
    return rule === undefined ? [] : [{ id: other, tree: parseRule(rule) }];
  });
  const cycle = findSegmentCycle([{ id, tree }, ...others]);
  if (!cycle?.includes(id)) return;
  const reason = `its inSegment leads back to itself: ${cycle.join(' → ')}`;
  const next = cycle[cycle.indexOf(id) + 1] ?? cycle[1];
  const uses = segmentUses(tree).filter((use) => use.id === next);
  throw ruleRefused(
    reason,
    uses.map(({ at }) => ({ message: `The rule is in a cycle: ${cycle.join(' → ')}`, ...at })),
  );
}

/** The segment. Fails with NOT_FOUND where there is none any more. */
export function getExisting(id: string, segment: Segment | undefined): Segment {
  if (segment && segment.status !== 'DELETED') return segment;
  throw noSegment(id);
}

/** The refusal of an id that no segment has. */
export function noSegment(id: string | undefined): AppError {
  return new AppError('NOT_FOUND', `There is no segment ${id}.`, { details: { id } });
}

/** The refusal of a rule for an audience from elsewhere. */
export function takesNoRule(id: string): AppError {
  const reason = 'it is an audience from elsewhere; import its members';
  return new AppError('BAD_USER_INPUT', `id: ${id} takes no rule, as ${reason}.`, { details: { path: 'id' } });
}

/** The refusal to delete a segment that others use. */
export function segmentInUse(id: string, usedBy: readonly string[]): AppError {
  return new AppError('CONFLICT', `Segment ${id} is used by ${usedBy.join(', ')}.`, {
    retryable: false,
    details: { id, usedBy },
  });
}

/** The other segments whose rule, saved or live, asks for this one. */
export function segmentsUsing(id: string, all: Segments): readonly string[] {
  return [...all.values()].flatMap(({ id: other, value }) => {
    if (other === id || value.status === 'DELETED') return [];
    const rules = [value.rule, ...(value.live ? [value.live.rule] : [])];
    return rules.some((rule) => segmentsOfRule(parseRule(rule)).includes(id)) ? [`segment:${other}`] : [];
  });
}
