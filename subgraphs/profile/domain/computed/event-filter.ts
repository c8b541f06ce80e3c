import type { ProfileEvent } from '../../../../flow/events';
import { AppError } from '../../../../platform/errors';
import { compileRule } from '../../../../platform/pql/evaluate';
import { inspectPql } from '../../../../platform/pql/inspect';
import { type PqlDiagnostic, parsePql } from '../../../../platform/pql/parse';
import type { Expression } from '../../../../platform/pql/tree';

type Fields = Readonly<Record<string, unknown>>;

/**
 * The tree of a filter over one event, whose fields are the rule's names. Fails with BAD_USER_INPUT, positions in
 * `details.diagnostics`, when it does not parse or reads what an event does not hold for good: other events, segments,
 * the time of asking.
 */
export function parseEventFilter(text: string): Expression {
  const parsed = parsePql(text);
  if (!parsed.ok) throw refusal(parsed.diagnostics[0]?.message ?? 'it cannot be read', parsed.diagnostics);
  const { readsEvents, readsTime, segments } = inspectPql(parsed.tree);
  if (readsEvents) throw refusal('it is about one event and cannot read `xEvent`');
  if (segments.length > 0) throw refusal('it is about one event and cannot ask for segments');
  if (readsTime) throw refusal('its answer would change with the time of asking; use `window` in its place');
  return parsed.tree;
}

/** Whether an event counts, by a filter that was parsed. `timeZone` is the IANA zone of its dates. */
export function compileEventFilter(tree: Expression, timeZone = 'UTC'): (event: ProfileEvent) => boolean {
  const holds = compileRule(tree, { timeZone });
  return ({ data, timestampMs }) => {
    const context = isFields(data.context) ? { context: data.context } : {};
    return holds({ profile: data, nowMs: timestampMs, ...context });
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function refusal(
  reason: string,
  diagnostics: readonly PqlDiagnostic[] = [{ message: reason, line: 1, column: 1 }],
): AppError {
  return new AppError('BAD_USER_INPUT', `The computed attribute's filter: ${reason}.`, {
    details: { path: 'filter', diagnostics },
  });
}
