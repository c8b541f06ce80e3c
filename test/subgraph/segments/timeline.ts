import type { MembershipChanged, ProfileEvent } from '../../../flow/events';
import { compileRule } from '../../../platform/pql/evaluate';
import { parsePql } from '../../../platform/pql/parse';
import { computePlainly } from './plain-computed';

type Fields = Readonly<Record<string, unknown>>;

/** What was known of a person, and which rules were live, from an instant on. */
export interface Moment {
  readonly atMs: number;
  readonly rules: ReadonlyMap<string, string>;
  readonly people: ReadonlyMap<string, { readonly attributes: Fields; readonly events: readonly ProfileEvent[] }>;
}

const compiled = new Map<string, ReturnType<typeof compileRule>>();

function compile(rule: string): ReturnType<typeof compileRule> {
  const known = compiled.get(rule);
  if (known) return known;
  const parsed = parsePql(rule);
  if (!parsed.ok) throw new Error(`${rule}: ${parsed.diagnostics[0]?.message}`);
  const holds = compileRule(parsed.tree);
  compiled.set(rule, holds);
  return holds;
}

/** The segments that a person was in at an instant, by every rule evaluated over the raw past: sorted. */
export function segmentsByBruteForce({ rules, people }: Moment, profileId: string, nowMs: number): readonly string[] {
  const person = people.get(profileId);
  if (!person) return [];
  const { attributes, events } = person;
  const profile = { ...attributes, computedAttributes: computePlainly(events, nowMs) };
  const answers = new Map<string, boolean>();
  const isIn = (id: string): boolean => {
    const known = answers.get(id);
    if (known !== undefined) return known;
    const answer = compile(rules.get(id) ?? 'false')({ profile, events, nowMs, inSegment: isIn });
    answers.set(id, answer);
    return answer;
  };
  return [...rules.keys()].filter(isIn).sort();
}

/** The segments that a person was in at an instant, as it was announced: sorted. */
export function segmentsAsAnnounced(moves: readonly MembershipChanged[], nowMs: number): readonly string[] {
  const status = new Map<string, string>();
  for (const move of moves) if (move.atMs <= nowMs) status.set(move.segmentId, move.status);
  return [...status].flatMap(([id, last]) => (last === 'REALIZED' ? [id] : [])).sort();
}
