import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runApply } from '../../app/cli/apply/run-apply';
import { ConfigurationError } from '../../app/config';
import { createTemporaryFolder } from '../support/temporary-folder';
import { createGraphOfDefinitions, type GraphOfDefinitions } from './graph-of-definitions';

const FILES = {
  'a-destinations.yaml': `
kind: Activation
destination: hook
segment: gold-runners
---
kind: Destination
id: hook
name: Hook
settings: { url: "http://localhost/", secret: !env HOOK_SECRET }
`,
  'offers/shoes.yml': `
kind: Offer
id: O-SHOES
name: Shoes
representations:
  - { placement: home-hero, content: "<b>Shoes</b>" }
---
kind: Placement
id: home-hero
name: Home
`,
  'segments.yaml': `
kind: Segment
id: gold-runners
name: Gold runners
rule: inSegment("gold") and inSegment("runners")
publish: true
---
kind: Segment
id: gold
name: Gold
rule: loyalty.tier = "gold"
publish: true
---
kind: Segment
id: runners
name: Runners
rule: sport = "running"
---
`,
  'readme.txt': 'not configuration',
};

let place: ReturnType<typeof createTemporaryFolder>;
let graph: GraphOfDefinitions;

beforeEach(() => {
  place = createTemporaryFolder();
  graph = createGraphOfDefinitions();
});
afterEach(() => place.remove());

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(place.path, name)), { recursive: true });
    writeFileSync(join(place.path, name), text);
  }
}

const apply = (variables: Record<string, string> = { HOOK_SECRET: 'secret' }) =>
  runApply({ folder: place.path, ask: graph.ask, variables });

async function refusal(): Promise<string> {
  const error: unknown = await apply().catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigurationError)) throw error;
  return error.message;
}

describe('applying configuration', () => {
  it('R-7 applies every file in the order in which one thing needs the other, whatever order they stand in', async () => {
    write(FILES);
    const { applied, refused, left } = await apply();
    expect(applied.map(({ kind, id, outcome }) => `${kind} ${id} ${outcome}`)).toEqual([
      'Segment gold created',
      'Segment runners created',
      'Segment gold-runners created',
      'Placement home-hero created',
      'Offer O-SHOES created',
      'Destination hook created',
      'Activation hook ← gold-runners created',
    ]);
    expect([refused, left]).toEqual([[], 0]);
  });

  it('R-7 twice changes nothing and says so; what differs is changed alone', async () => {
    write(FILES);
    await apply();
    expect((await apply()).applied.every(({ outcome }) => outcome === 'unchanged')).toBe(true);
    write({ 'offers/shoes.yml': FILES['offers/shoes.yml'].replace('name: Shoes', 'name: Boots') });
    const changed = (await apply()).applied.filter(({ outcome }) => outcome !== 'unchanged');
    expect(changed).toEqual([{ kind: 'Offer', id: 'O-SHOES', outcome: 'changed' }]);
  });

  it('R-7 refuses all of it, with file, document and line, where anything in it is not sound', async () => {
    write({
      ...FILES,
      'bad.yaml': `kind: Segmnt\nid: x\n---\nkind: Segment\nid: y\nname: Y\nrule: a = 1\nruel: b\n---\nkind: Offer\nid: z\nname: 7\nrepresentations:\n  - placement: home-hero\n`,
    });
    const message = await refusal();
    expect(message).toMatch(
      /bad\.yaml, document 1, line 1: There is no kind Segmnt; there are .*Segment, .*Activation/,
    );
    expect(message).toMatch(/bad\.yaml, document 2, line 8: .*"ruel"/);
    expect(message).toMatch(/bad\.yaml, document 3, line 12: name: /);
    expect(message).toMatch(/bad\.yaml, document 3, line 14: representations\.0: .*"content"/);
    expect(graph.puts).toEqual([]);
  });

  it('R-7 refuses YAML that does not parse, a variable that is not there, and the same id twice', async () => {
    write({ 'a.yaml': 'kind: Segment\nid: [\n' });
    expect(await refusal()).toMatch(/a\.yaml, document 1, line [23]/);
    write({ 'a.yaml': FILES['a-destinations.yaml'].replace('HOOK_SECRET', 'NO_SUCH') });
    expect(await refusal()).toMatch(/a\.yaml, document 2, line 9: !env NO_SUCH/);
    write({ 'a.yaml': 'kind: Placement\nid: p\nname: P\n', 'b.yaml': '\nkind: Placement\nid: p\nname: P\n' });
    expect(await refusal()).toMatch(/b\.yaml, document 1, line 3: Placement p is in a\.yaml, document 1/);
    write({ 'a.yaml': 'kind: Activation\nsegment: s\nspeed: 3\n', 'b.yaml': '- 1\n' });
    expect(await refusal()).toMatch(/speed.*\n.*destination.*\n.*b\.yaml, document 1, line 1/);
  });

  it('R-7 writes the kind of a dataset as datasetKind, as its own name is taken', async () => {
    write({ 'a.yaml': 'kind: Dataset\nid: orders\ndatasetKind: EVENTS\n' });
    expect((await apply()).applied).toEqual([{ kind: 'Dataset', id: 'orders', outcome: 'created' }]);
    write({ 'a.yaml': 'kind: Dataset\nid: orders\ndatasetKind: EVENT\n---\nkind: Dataset\nid: x\n' });
    const message = await refusal();
    expect(message).toMatch(/document 1, line 3: datasetKind: .*"EVENTS"/);
    expect(message).toMatch(/document 2, line \d: Field "datasetKind" of required type/);
  });

  it('R-7 names the place of what the server refuses, goes on with its kind, and leaves what may need it', async () => {
    write({ ...FILES, 'z.yaml': 'kind: Segment\nid: broken\nname: B\nrule: "a)("\n' });
    const { applied, refused, left } = await apply();
    expect(refused).toMatchObject([{ file: 'z.yaml', document: 1 }]);
    expect(refused[0]?.message).toMatch(/Segment broken: .*\n.*line 1, column 4: unexpected/);
    expect(applied.map(({ id }) => id)).toEqual(['gold', 'runners', 'gold-runners']);
    expect(left).toBe(4);
    write({
      'z.yaml': '',
      'offers/shoes.yml': FILES['offers/shoes.yml'].replace('placement: home', 'placement: nowhere'),
    });
    expect((await apply()).refused).toMatchObject([{ file: 'offers/shoes.yml', document: 1, line: 6 }]);
  });

  it('says what it was told wrong', async () => {
    expect(await refusal()).toMatch(/no file that ends in \.yaml/);
    await expect(runApply({ folder: join(place.path, 'none'), ask: graph.ask })).rejects.toBeInstanceOf(
      ConfigurationError,
    );
  });
});
