import { formatPql } from '../../../platform/pql/format';
import { parsePqlJson } from '../../../platform/pql/json';
import { type ParsedPql, type PqlDiagnostic, parsePql } from '../../../platform/pql/parse';
import { ConfigurationError } from '../../config';

/**
 * A rule in one form, over several lines where it is long; with `asJson` its tree (`pql/json`). `source` is either form.
 * Fails with ConfigurationError, which tells each fault with its line and column.
 */
export function formatRule(source: string, asJson: boolean): string {
  const parsed = parseEither(source.trim());
  if (!parsed.ok) throw new ConfigurationError(parsed.diagnostics.map(describe).join('\n'));
  return asJson ? JSON.stringify(parsed.tree, null, 2) : formatPql(parsed.tree);
}

/** No rule begins with a brace. */
function parseEither(source: string): ParsedPql {
  if (!source.startsWith('{')) return parsePql(source);
  try {
    return parsePqlJson(JSON.parse(source));
  } catch (error) {
    if (error instanceof SyntaxError) throw new ConfigurationError(`The tree is no JSON: ${error.message}`);
    throw error;
  }
}

function describe({ line, column, message, suggestion }: PqlDiagnostic): string {
  const hint = suggestion === undefined ? '' : ` Did you mean ${suggestion}?`;
  return `line ${line}, column ${column}: ${message}.${hint}`;
}
