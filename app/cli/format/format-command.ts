import { text } from 'node:stream/consumers';
import type { Command } from 'commander';

interface FormatFlags {
  readonly json?: boolean;
}

/** `attune format`: a rule as people like to read it. */
export function addFormatCommand(program: Command): void {
  program
    .command('format [rule]')
    .description(
      'Print a rule (PQL) in one form, over several lines where it is long; without one, from standard input.',
    )
    .option('-j, --json', 'print its tree (pql/json); a tree is read as well as a text')
    .action(async (rule: string | undefined, { json = false }: FormatFlags) => {
      const { formatRule } = await import('./format-rule.js');
      process.stdout.write(`${formatRule(rule ?? (await text(process.stdin)), json)}\n`);
    });
}
