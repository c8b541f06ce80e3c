import { readdirSync, readFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import type { StoreOptions } from '../../app/store';

/** Every file of a data folder, or every document of a database, as bytes by its name. */
export async function readKept(place: StoreOptions): Promise<ReadonlyMap<string, Buffer>> {
  return place.kind === 'embedded' ? readFolder(place.folder) : readDatabase(place.uri);
}

/** Where any of the values is kept, in whatever form JSON and UTF-8 give it: `place: value`. */
export async function findKept(place: StoreOptions, values: readonly string[]): Promise<readonly string[]> {
  const forms = values.flatMap((value) => formsOf(value).map((form) => [value, form] as const));
  return [...(await readKept(place))].flatMap(([name, bytes]) =>
    forms.flatMap(([value, form]) => (bytes.includes(form) ? [`${name}: ${value}`] : [])),
  );
}

function formsOf(value: string): readonly string[] {
  const json = JSON.stringify(value).slice(1, -1);
  const ascii = json.replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const once = [value, json, ascii];
  return [...new Set([...once, ...once.map((form) => JSON.stringify(form).slice(1, -1))])];
}

function readFolder(folder: string): ReadonlyMap<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    names.filter((entry) => entry.isFile()).map(({ parentPath, name }) => [name, readFileSync(join(parentPath, name))]),
  );
}

async function readDatabase(uri: string): Promise<ReadonlyMap<string, Buffer>> {
  const client = new MongoClient(uri, { runtimeAdapters: { os } });
  const kept = new Map<string, Buffer>();
  try {
    for (const collection of await client.db().collections()) {
      for await (const document of collection.find()) {
        // Texts as they are: what an engine keeps as JSON is not escaped a second time.
        const text = Object.values(document).map((value) =>
          typeof value === 'string' ? value : JSON.stringify(value),
        );
        kept.set(`${collection.collectionName} ${String(document._id)}`, Buffer.from(text.join('\n')));
      }
    }
    return kept;
  } finally {
    await client.close();
  }
}
