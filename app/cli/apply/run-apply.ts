import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { AppError } from '../../../platform/errors';
import { ConfigurationError } from '../../config';
import type { YamlFault } from '../yaml-source';
import { readConfigurationFiles, refuse } from './configuration-files';
import { type Ask, describeErrors } from './graph-client';
import { checkItems, type Item, nameOf } from './items';
import { orderItems } from './order';
import { type ItemOutcome, ItemRefused, putItem } from './put-item';

/** What is applied, and to whom. */
export interface ApplyOptions {
  /** A folder of YAML files, or one file. */
  readonly folder: string;
  /** Asks the graph with an admin key. */
  readonly ask: Ask;
  /** What `!env NAME` in the files stands for. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  /** Hears of each item as it was applied. */
  readonly onItem?: (item: AppliedItem) => void;
}

/** One item that was applied. */
interface AppliedItem {
  readonly kind: string;
  readonly id: string;
  readonly outcome: ItemOutcome;
}

/** What applying came to. */
export interface ApplyOutcome {
  readonly applied: readonly AppliedItem[];
  /** What the server refused. What depends on it was not tried. */
  readonly refused: readonly YamlFault[];
  /** How many items were not tried, because of what was refused before them. */
  readonly left: number;
}

/**
 * Applies configuration from files. All files are checked first, against the server's own types; where one is not
 * sound, nothing is applied and a ConfigurationError lists the faults. Twice the same changes nothing.
 */
export async function runApply({ folder, ask, variables = {}, onItem }: ApplyOptions): Promise<ApplyOutcome> {
  const documents = await readConfigurationFiles(folder, variables);
  if (documents.length === 0) throw new ConfigurationError(`The files in ${folder} hold no documents.`);
  const schema = await readSchema(ask);
  const { items, faults } = checkItems(documents, schema);
  refuse(faults);
  const applied: AppliedItem[] = [];
  const refused: YamlFault[] = [];
  let left = 0;
  let refusedKind: string | undefined;
  for (const item of orderItems(items)) {
    const kind = nameOf(item);
    if (refusedKind !== undefined && refusedKind !== kind) {
      left += 1;
      continue;
    }
    try {
      const done = { kind, id: item.id, outcome: await putItem(item, ask, schema) };
      applied.push(done);
      onItem?.(done);
    } catch (error) {
      if (!(error instanceof ItemRefused)) throw error;
      refused.push(toFault(item, error));
      refusedKind = kind;
    }
  }
  return { applied, refused, left };
}

async function readSchema(ask: Ask): Promise<GraphQLSchema> {
  const { data, errors } = await ask(getIntrospectionQuery({ descriptions: false }));
  if (data) return buildClientSchema(data as unknown as IntrospectionQuery);
  throw new AppError('UNAVAILABLE', `The server does not tell what it takes. ${describeErrors(errors ?? [])}`);
}

function toFault(item: Item, { message, path }: ItemRefused): YamlFault {
  const { document } = item;
  const line = document.lineOf(path[0] === 'input' ? path.slice(1) : path);
  return { file: document.file, document: document.number, line, message: `${nameOf(item)} ${item.id}: ${message}` };
}
