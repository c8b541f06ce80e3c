import { Command, type CommanderError } from 'commander';
import { addApplyCommand } from './cli/apply/apply-command';
import { addDemoCommand } from './cli/demo/demo-command';
import { addFormatCommand } from './cli/format/format-command';
import { addImportCommand } from './cli/import/import-command';
import { EXIT } from './exit';
import { addGatewayCommand } from './gateway-command';
import { addServeCommand } from './serve-command';

/** The command line `attune`, with all its commands. Each loads what it runs when it runs: a server takes a second. */
export function createProgram(): Command {
  const program = new Command('attune')
    .description('Profiles, segments, decisions and activation behind one federated GraphQL API.')
    .showHelpAfterError()
    .exitOverride((error: CommanderError) => {
      process.exit(error.exitCode === 0 ? EXIT.done : EXIT.usage);
    });
  addServeCommand(program);
  addGatewayCommand(program);
  addImportCommand(program);
  addApplyCommand(program);
  addFormatCommand(program);
  addDemoCommand(program);
  return program;
}
