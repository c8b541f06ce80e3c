import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { compilePql } from '../platform/pql/evaluate';
import { createRuleSet, type Person, type RuleSet } from '../subgraphs/segments/domain/engine/rule-set';
import {
  createAttributes,
  createEvent,
  createFieldWorkload,
  createPerson,
  createPicker,
  createWorkload,
  NOW_MS,
  type Predicate,
  parse,
  toRules,
  type WorkloadRule,
} from './rule-workload';

const MINUTE_MS = 60_000;

/** What a set of so many rules costs. */
export interface RulesResult {
  readonly rules: number;
  /** All rules, when every field of a person changed. */
  readonly nsARule: number;
  /** One event, entries and exits by time between events included. */
  readonly microsAnEvent: number;
  /** A person read whole: 31 fields and 50 events. */
  readonly microsCold: number;
  readonly packedBytes: number;
  readonly flipsAnEvent: number;
}

/** The processor's time that one call of `act` takes, in microseconds: the least of five rounds. */
function measure(act: (n: number) => void, calls: number): number {
  let best = Number.POSITIVE_INFINITY;
  let turn = 0;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    for (let n = 0; n < calls; n++) act(turn++);
    best = Math.min(best, microsSince(before) / calls);
  }
  return best;
}

function microsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function measureSet(count: number): RulesResult {
  const rules = createRuleSet(toRules(createWorkload(count)));
  const pick = createPicker(9);
  const people = Array.from({ length: 200 }, (_, number) => createPerson(pick, number));
  const changes = people.map(() => createAttributes(pick));
  const states = people.map((person) => rules.hydrate(person, NOW_MS));
  const of = <T>(items: readonly T[], n: number): T => items[n % items.length] as T;
  const calls = Math.max(200, Math.floor(400_000 / count));
  const cold = measure((n) => void rules.hydrate(of(people, n), NOW_MS), calls);
  const cause = { kind: 'RECORD' } as const;
  const change = measure(
    (n) =>
      void rules.apply(
        of(states, n),
        { cause, events: [], attributes: of(changes, n * 7 + Math.floor(n / 200)) },
        NOW_MS,
      ),
    calls,
  );
  const stream = measureEvents(rules, people);
  const packed = states.map((state) => JSON.stringify(rules.pack(state)).length).sort((a, b) => a - b);
  return {
    rules: count,
    nsARule: (change * 1000) / count,
    microsAnEvent: stream.micros,
    microsCold: cold,
    packedBytes: packed[Math.floor(packed.length / 2)] ?? 0,
    flipsAnEvent: stream.flips,
  };
}

/** People of whom each does something every twenty minutes, on average. */
function measureEvents(rules: RuleSet, people: readonly Person[]): { readonly micros: number; readonly flips: number } {
  const pick = createPicker(11);
  const states = people.map((person) => rules.hydrate(person, NOW_MS));
  const cause = { kind: 'EVENT' } as const;
  let nowMs = NOW_MS;
  let [events, flips] = [0, 0];
  const steps = Array.from({ length: 20_000 }, (_, n) => {
    nowMs += Math.floor((pick.random() * 40 * MINUTE_MS) / people.length);
    return { at: nowMs, who: pick.below(people.length), event: createEvent(pick, 0, n, nowMs) };
  });
  let best = Number.POSITIVE_INFINITY;
  for (let from = 0; from < steps.length; from += 2000) {
    const part = steps.slice(from, from + 2000);
    const before = process.cpuUsage();
    for (const { at, who, event } of part) {
      const state = states[who];
      if (state) flips += rules.apply(state, { cause, events: [event] }, at).length;
      events++;
    }
    best = Math.min(best, microsSince(before) / part.length);
  }
  return { micros: best, flips: flips / events };
}

type Holds = (document: object) => boolean | Promise<boolean>;

/** A peer evaluates one rule over a document. */
interface Peer {
  readonly name: string;
  compile(rule: WorkloadRule): Holds;
  /** So many people are asked at most: one that is slow takes too long for all. */
  readonly most?: number;
}

/** Rules of six predicates, of fields alone: the same document, and the same work, for all. */
async function measureFields(count: number): Promise<void> {
  const workload = createFieldWorkload(count, 6);
  const rules = createRuleSet(toRules(workload));
  const pick = createPicker(9);
  const people = Array.from({ length: 40 }, (_, number) => ({ ...createPerson(pick, number), events: [] }));
  const expected = people.map((person) => createTruth(workload, person));
  const mine = () => measure((n) => void rules.hydrate(people[n % people.length] as Person, NOW_MS), 400);
  await measurePeers(
    workload,
    people.map(({ attributes }) => attributes),
    expected,
    loadPeers(new Map()),
    mine,
  );
}

/** The workload as it is: conditions on events are given to the others as fields that are true or not. */
async function measureReady(count: number, mine: number): Promise<void> {
  const workload = createWorkload(count);
  const trees = workload.flatMap(({ predicates }) => predicates.filter((each) => each.kind === 'events'));
  const tests = new Map(trees.map(({ text }) => [text, compilePql(parse(text))]));
  const pick = createPicker(9);
  const people = Array.from({ length: 40 }, (_, number) => createPerson(pick, number));
  const documents = people.map(({ attributes, events }) => {
    const told = [...tests].map(([text, test]) => [text, test({ profile: {}, events, nowMs: NOW_MS })]);
    return { ...attributes, events: Object.fromEntries(told.map(([, holds], index) => [`e${index}`, holds])) };
  });
  const names = new Map([...tests.keys()].map((text, index) => [text, `e${index}`]));
  const expected = people.map((person) => createTruth(workload, person));
  await measurePeers(workload, documents, expected, loadPeers(names), () => (mine * count) / 1000);
}

/** Compares what each says with what is expected, then measures it right after Attune: all in nanoseconds a rule. */
async function measurePeers(
  workload: readonly WorkloadRule[],
  documents: readonly object[],
  expected: readonly (readonly boolean[])[],
  peers: readonly Peer[],
  measureMine: () => number,
): Promise<void> {
  for (const peer of peers) {
    const compiled = workload.map((rule) => peer.compile(rule));
    const asked = documents.slice(0, peer.most ?? documents.length);
    for (const [index, document] of asked.entries()) {
      for (const [rule, holds] of compiled.entries()) {
        if ((await holds(document)) !== expected[index]?.[rule])
          throw new Error(`${peer.name} differs on rule ${rule}`);
      }
    }
    const mine = (measureMine() * 1000) / workload.length;
    const ns = ((await measureWhole(compiled, asked)) * 1000) / workload.length;
    console.log(`| ${peer.name} | ${mine.toFixed(0)} | ${ns.toFixed(0)} | ${(ns / mine).toFixed(0)} × |`);
  }
}

/** The processor's time for all rules over one document, in microseconds: the least of five rounds. */
async function measureWhole(compiled: readonly Holds[], documents: readonly object[]): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const before = process.cpuUsage();
    for (const document of documents) {
      for (const holds of compiled) {
        const answer = holds(document);
        if (typeof answer !== 'boolean') await answer;
      }
    }
    best = Math.min(best, microsSince(before) / documents.length);
  }
  return best;
}

function createTruth(workload: readonly WorkloadRule[], person: Person): readonly boolean[] {
  const rules = createRuleSet(toRules(workload));
  const realized = new Set(rules.realized(rules.hydrate(person, NOW_MS)));
  return workload.map(({ id }) => realized.has(id));
}

function loadPeers(names: ReadonlyMap<string, string>): readonly Peer[] {
  const folder = resolve('bench', 'peers');
  if (!existsSync(join(folder, 'node_modules', 'mingo'))) {
    console.log('(the peers are not installed: npm ci --prefix bench/peers)');
    return [];
  }
  const load = createRequire(join(folder, 'package.json'));
  const { Query } = load('mingo');
  const jsonLogic = load('json-logic-js');
  const { evalCondition } = load('@growthbook/growthbook');
  const { Engine } = load('json-rules-engine');
  const join2 = (rule: WorkloadRule, toOne: (predicate: Predicate) => object, and: string, or: string) => {
    const [first, ...others] = rule.predicates.map(toOne);
    return rule.joins === 'all' ? { [and]: [first, ...others] } : { [and]: [first, { [or]: others }] };
  };
  const nameOf = (text: string): string => names.get(text) ?? '';
  const toQuery = (predicate: Predicate): object => {
    switch (predicate.kind) {
      case 'number':
        return {
          [predicate.field]: { [{ '>': '$gt', '<': '$lt', '>=': '$gte' }[predicate.operator]]: predicate.value },
        };
      case 'equals':
        return { [predicate.field]: predicate.value };
      case 'in':
        return { [predicate.field]: { $in: predicate.values } };
      case 'flag':
        return { [predicate.field]: true };
      case 'events':
        return { [`events.${nameOf(predicate.text)}`]: true };
    }
  };
  const toLogic = (predicate: Predicate): object => {
    switch (predicate.kind) {
      case 'number':
        return { [predicate.operator]: [{ var: predicate.field }, predicate.value] };
      case 'equals':
        return { '==': [{ var: predicate.field }, predicate.value] };
      case 'in':
        return { in: [{ var: predicate.field }, predicate.values] };
      case 'flag':
        return { '==': [{ var: predicate.field }, true] };
      case 'events':
        return { '==': [{ var: `events.${nameOf(predicate.text)}` }, true] };
    }
  };
  const toFact = (predicate: Predicate): object => {
    const { fact, path } =
      predicate.kind === 'events'
        ? { fact: 'events', path: `$.${nameOf(predicate.text)}` }
        : { fact: predicate.field, path: undefined };
    return { fact, ...(path && { path }), ...toOperator(predicate) };
  };
  return [
    {
      name: "GrowthBook's evaluator",
      compile: (rule) => {
        const condition = join2(rule, toQuery, '$and', '$or');
        return (document) => evalCondition(document, condition);
      },
    },
    {
      name: 'json-logic-js',
      compile: (rule) => {
        const logic = join2(rule, toLogic, 'and', 'or');
        return (document) => jsonLogic.apply(logic, document) === true;
      },
    },
    {
      name: 'mingo',
      compile: (rule) => {
        const query = new Query(join2(rule, toQuery, '$and', '$or'));
        return (document) => query.test(document);
      },
    },
    {
      name: 'json-rules-engine',
      most: 3,
      compile: (rule) => {
        const engine = new Engine([], { allowUndefinedFacts: true });
        engine.addRule({ conditions: join2(rule, toFact, 'all', 'any'), event: { type: 'holds' } });
        return async (document) => (await engine.run(document)).events.length > 0;
      },
    },
  ];
}

/** A condition as json-rules-engine names it. */
function toOperator(predicate: Predicate): object {
  switch (predicate.kind) {
    case 'number': {
      const names = { '>': 'greaterThan', '<': 'lessThan', '>=': 'greaterThanInclusive' };
      return { operator: names[predicate.operator], value: predicate.value };
    }
    case 'equals':
      return { operator: 'equal', value: predicate.value };
    case 'in':
      return { operator: 'in', value: predicate.values };
    default:
      return { operator: 'equal', value: true };
  }
}

async function main(): Promise<void> {
  console.log(
    '| rules | ns a rule, all fields changed | µs an event | flips an event | µs a cold person | bytes packed |',
  );
  console.log('|---|---|---|---|---|---|');
  const results = [100, 1000, 4000, 10_000].map((count) => {
    const result = measureSet(count);
    const { nsARule, microsAnEvent, flipsAnEvent, microsCold, packedBytes } = result;
    console.log(
      `| ${count} | ${nsARule.toFixed(0)} | ${microsAnEvent.toFixed(1)} | ${flipsAnEvent.toFixed(2)} | ${microsCold.toFixed(0)} | ${packedBytes} |`,
    );
    return result;
  });
  const mine = results.find(({ rules }) => rules === 1000)?.nsARule ?? 0;
  const heading = '| | Attune, ns a rule | it, ns a rule | |\n|---|---|---|---|';
  console.log(`\nBeside others, 1,000 rules of six clauses over fields alone, the same truth on all:\n\n${heading}`);
  await measureFields(1000);
  console.log(`\nThe 1,000 rules above, conditions on events given to the others as ready fields:\n\n${heading}`);
  await measureReady(1000, mine);
}

void main();
