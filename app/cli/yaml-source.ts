import { type Document, isMap, isNode, isScalar, LineCounter, type Node, parseAllDocuments } from 'yaml';

/** One document of a YAML file: its plain value, and where in the file each part of it stands. */
export interface YamlDocument {
  readonly file: string;
  /** 1 for the first of the file. */
  readonly number: number;
  readonly value: unknown;
  /** The line (from 1) of what is at `path`, or of the nearest part around it that is there. */
  lineOf(path: readonly PropertyKey[]): number;
}

/** What is wrong in a YAML file, and where. */
export interface YamlFault {
  readonly file: string;
  readonly document: number;
  readonly line: number;
  readonly message: string;
}

/** What a YAML file holds: its documents, and the faults of those that could not be read. */
export interface YamlFile {
  readonly documents: readonly YamlDocument[];
  readonly faults: readonly YamlFault[];
}

/**
 * Reads all documents of a file; empty ones are left out. `!env NAME` stands for the text of that name in `variables`;
 * a name that is not among them is a fault, as is any other tag.
 */
export function parseYamlFile(
  file: string,
  text: string,
  variables: Readonly<Record<string, string | undefined>> = {},
): YamlFile {
  const lines = new LineCounter();
  const customTags = [{ tag: '!env', resolve: (name: string, refuse: Refuse) => resolve(name, variables, refuse) }];
  const parsed = parseAllDocuments(text, { lineCounter: lines, customTags, prettyErrors: false });
  const all: readonly Document[] = Array.isArray(parsed) ? parsed : [];
  const faults = all.flatMap((document, index) =>
    [...document.errors, ...document.warnings].map(({ message, pos }) => ({
      file,
      document: index + 1,
      line: lines.linePos(pos[0]).line,
      message,
    })),
  );
  const documents = all.flatMap((document, index) => {
    const value: unknown = document.errors.length > 0 ? null : document.toJS();
    if (value === null || value === undefined) return [];
    const lineOf: YamlDocument['lineOf'] = (path) => lines.linePos(startOf(document, path)).line;
    return [{ file, number: index + 1, value, lineOf }];
  });
  return { documents, faults };
}

/** A fault as a sentence that says where to look. */
export function describeFault({ file, document, line, message }: YamlFault): string {
  return `${file}, document ${document}, line ${line}: ${message}`;
}

type Refuse = (message: string) => void;

function resolve(name: string, variables: Readonly<Record<string, string | undefined>>, refuse: Refuse): string {
  const value = variables[name];
  if (value === undefined) refuse(`!env ${name}: there is no variable of that name.`);
  return value ?? '';
}

function startOf(document: Document, path: readonly PropertyKey[]): number {
  let node: unknown = document.contents;
  let start = startOfNode(node) ?? 0;
  for (const part of path) {
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && key.value === part) : undefined;
    node = pair ? pair.value : childOf(node, part);
    start = startOfNode(pair ? pair.key : node) ?? start;
  }
  return start;
}

function childOf(node: unknown, part: PropertyKey): unknown {
  const items = isNode(node) && 'items' in node ? (node.items as readonly unknown[]) : [];
  return typeof part === 'number' ? items[part] : undefined;
}

function startOfNode(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}
