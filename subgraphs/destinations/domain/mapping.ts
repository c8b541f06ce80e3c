import { AppError } from '../../../platform/errors';
import { compilePql, type PqlScope } from '../../../platform/pql/evaluate';
import { inspectPql } from '../../../platform/pql/inspect';
import { type PqlDiagnostic, parsePql } from '../../../platform/pql/parse';
import type { MappingRow } from './destination';

/** The mapped fields of one person, or the required one that they lack. */
export type MappedFields =
  | { readonly ok: true; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly missing: string };

/** Fills the mapping for a person: `profile` is the attributes with `computedAttributes` beside them. */
export type Mapping = (profile: Readonly<Record<string, unknown>>, nowMs: number) => MappedFields;

/** Parts of the message that a mapping cannot write to. */
const RESERVED = new Set(['segmentMembership', 'identityMap']);

/** Fails with BAD_USER_INPUT for a row that cannot be filled from a person alone. */
export function checkMapping(rows: readonly MappingRow[]): void {
  rows.forEach(({ to, from }, index) => {
    const path = `mapping.${index}`;
    checkTarget(to, `${path}.to`, rows.slice(0, index));
    const parsed = parsePql(from);
    if (!parsed.ok) {
      throw refusal(`${path}.from`, parsed.diagnostics[0]?.message ?? 'it cannot be read', parsed.diagnostics);
    }
    const { readsEvents, readsContext, segments } = inspectPql(parsed.tree);
    if (readsEvents) throw refusal(`${path}.from`, 'a mapping cannot read events; use a computed attribute');
    if (readsContext) throw refusal(`${path}.from`, 'a mapping cannot read `context`: there is no request');
    if (segments.length > 0) throw refusal(`${path}.from`, 'a mapping cannot ask for segments; activate them');
  });
}

/** The rows, ready to be filled; days are those of the IANA zone. Rows that cannot be read give nothing. */
export function compileMapping(rows: readonly MappingRow[], timeZone: string): Mapping {
  const compiled = rows.map(({ to, from, required }) => ({
    to,
    path: to.split('.'),
    required,
    evaluate: compileExpression(from, timeZone),
  }));
  return (profile, nowMs) => {
    const fields: Record<string, unknown> = {};
    const scope: PqlScope = { profile, nowMs };
    for (const { to, path, required, evaluate } of compiled) {
      const value = evaluate(scope);
      if (value !== undefined && value !== null && value !== '') setAt(fields, path, value);
      else if (required) return { ok: false, missing: to };
    }
    return { ok: true, fields };
  };
}

function compileExpression(text: string, timeZone: string): (scope: PqlScope) => unknown {
  const parsed = parsePql(text);
  return parsed.ok ? compilePql(parsed.tree, { timeZone }) : () => undefined;
}

function checkTarget(to: string, path: string, before: readonly MappingRow[]): void {
  const parts = to.split('.');
  if (!parts.every((part) => /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(part) && part !== '__proto__')) {
    throw refusal(path, `a field is words with dots between them; received "${to}"`);
  }
  if (RESERVED.has(parts[0] ?? '')) throw refusal(path, `${parts[0]} is written by Attune`);
  const clash = before.find((row) => row.to === to || row.to.startsWith(`${to}.`) || to.startsWith(`${row.to}.`));
  if (clash) throw refusal(path, `"${to}" and "${clash.to}" cannot both be written`);
}

function setAt(root: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = root;
  for (const key of path.slice(0, -1)) {
    const next = (at[key] ?? {}) as Record<string, unknown>;
    at[key] = next;
    at = next;
  }
  at[path.at(-1) ?? ''] = value;
}

function refusal(path: string, reason: string, diagnostics: readonly PqlDiagnostic[] = []): AppError {
  return new AppError('BAD_USER_INPUT', `${path}: ${reason}.`, { details: { path, diagnostics } });
}
