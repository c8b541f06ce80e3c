import { coerceInputValue, type GraphQLInputType, type GraphQLSchema, isInputObjectType, isInputType } from 'graphql';
import type { YamlDocument, YamlFault } from '../yaml-source';
import { ACTIVATION, KIND_NAMES, KINDS, type Kind } from './kinds';

/** One piece of configuration, checked against the server's own input types. */
export interface Item {
  readonly kind: Kind | typeof ACTIVATION;
  readonly id: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly document: YamlDocument;
}

/** The items of the documents, and what is wrong with those that are none. */
export interface CheckedItems {
  readonly items: readonly Item[];
  readonly faults: readonly YamlFault[];
}

/** Checks every document against the graph that it is meant for. The same kind and id twice is a fault. */
export function checkItems(documents: readonly YamlDocument[], schema: GraphQLSchema): CheckedItems {
  const items: Item[] = [];
  const faults: YamlFault[] = [];
  const seen = new Map<string, YamlDocument>();
  for (const document of documents) {
    const refuse: Refuse = (path, message) =>
      faults.push({ file: document.file, document: document.number, line: document.lineOf(path), message });
    const item = toItem(document, schema, refuse);
    if (!item) continue;
    const key = `${nameOf(item)} ${item.id}`;
    const first = seen.get(key);
    if (first) refuse(['id'], `${key} is in ${first.file}, document ${first.number}, already.`);
    seen.set(key, document);
    items.push(item);
  }
  return { items, faults };
}

/** The kind's name, as files write it. */
export function nameOf({ kind }: Item): string {
  return kind === ACTIVATION ? kind : kind.name;
}

type Refuse = (path: readonly PropertyKey[], message: string) => void;

function toItem(document: YamlDocument, schema: GraphQLSchema, refuse: Refuse): Item | undefined {
  const { value } = document;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    refuse([], 'A document holds fields: `kind`, and those of that kind.');
    return undefined;
  }
  const { kind: name, ...input } = value as Record<string, unknown>;
  if (name === ACTIVATION) return toActivation(document, input, refuse);
  const kind = KINDS.find((each) => each.name === name);
  const type = kind && schema.getType(kind.input);
  if (!kind || !type || !isInputType(type)) {
    const has = KIND_NAMES.filter((each) => each === ACTIVATION || schema.getType(`${each}Input`));
    refuse(
      ['kind'],
      `${name === undefined ? 'There is no `kind`' : `There is no kind ${String(name)}`}; there are ${has.join(', ')}.`,
    );
    return undefined;
  }
  const own = hasOwnKind(type) ? `${kind.read}Kind` : undefined;
  const put = own ? withOwnKind(input, own) : input;
  let sound = true;
  coerceInputValue(put, type, (path, _, { message }) => {
    sound = false;
    const unknown = /^Field "([^"]+)" is not defined/.exec(message)?.[1];
    const said = own ? message.replace('Field "kind"', `Field "${own}"`) : message;
    const at = own && path[0] === 'kind' ? [own] : path;
    refuse(unknown === undefined ? at : [...at, unknown], at.length > 0 ? `${at.join('.')}: ${said}` : said);
  });
  return sound ? { kind, id: String(input.id), input: put, document } : undefined;
}

/** A file's `kind` says what the document is; where the input has one too, it is written as `datasetKind`. */
function hasOwnKind(type: GraphQLInputType): boolean {
  return isInputObjectType(type) && 'kind' in type.getFields();
}

function withOwnKind(input: Readonly<Record<string, unknown>>, own: string): Record<string, unknown> {
  const { [own]: kind, ...rest } = input;
  return kind === undefined ? rest : { ...rest, kind };
}

function toActivation(document: YamlDocument, input: Record<string, unknown>, refuse: Refuse): Item | undefined {
  const { destination, segment, ...surplus } = input;
  for (const field of Object.keys(surplus)) refuse([field], `Field "${field}" is not defined by Activation.`);
  for (const field of ['destination', 'segment']) {
    if (typeof input[field] !== 'string' || input[field] === '')
      refuse([field], `An Activation needs its ${field}: an id.`);
  }
  if (typeof destination !== 'string' || typeof segment !== 'string') return undefined;
  return { kind: ACTIVATION, id: `${destination} ← ${segment}`, input: { destination, segment }, document };
}
