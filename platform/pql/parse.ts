import { parseExpression, parseSum } from './grammar/expression';
import { Parsing } from './grammar/parsing';
import { SyntaxFailure } from './grammar/syntax-failure';
import { toTokens } from './grammar/tokens';
import type { Expression } from './tree';

/** What is wrong with a rule, and where: lines and columns count from 1. */
export interface PqlDiagnostic {
  readonly message: string;
  readonly line: number;
  readonly column: number;
  readonly expected?: readonly string[];
  readonly suggestion?: string;
}

export type ParsedPql =
  | { readonly ok: true; readonly tree: Expression }
  | { readonly ok: false; readonly diagnostics: readonly PqlDiagnostic[] };

/** The longest rule, in bytes of UTF-8. */
const RULE_LIMIT_BYTES = 15 * 1024;

/** The tree of a rule or formula, or why there is none. Never throws, and takes time linear in the text. */
export function parsePql(text: string): ParsedPql {
  if (Buffer.byteLength(text) > RULE_LIMIT_BYTES) return refuse('A rule has at most 15 KB; this one is longer');
  try {
    const parsing = new Parsing(toTokens(text), parseExpression, parseSum);
    const tree = parseExpression(parsing);
    if (parsing.peek().kind !== 'end') parsing.fail(['an operator', 'the end']);
    return { ok: true, tree };
  } catch (error) {
    if (!(error instanceof SyntaxFailure)) throw error;
    const { message, at, expected, suggestion } = error;
    const diagnostic = { message, ...at, ...(expected.length > 0 ? { expected } : {}) };
    return { ok: false, diagnostics: [suggestion === undefined ? diagnostic : { ...diagnostic, suggestion }] };
  }
}

function refuse(message: string): ParsedPql {
  return { ok: false, diagnostics: [{ message, line: 1, column: 1 }] };
}
