import type { ProfileReader, ProfileSnapshot } from '../../../flow/ports';
import { compileRule } from '../../../platform/pql/evaluate';
import { inspectPql } from '../../../platform/pql/inspect';
import { type PqlDiagnostic, parsePql } from '../../../platform/pql/parse';
import type { Expression } from '../../../platform/pql/tree';
import { type Estimate, estimateShare } from '../domain/interval';
import type { Plan } from '../domain/plan';
import { warningsOf } from '../domain/rule';
import type { SegmentsConfiguration } from '../store/segments-configuration';
import type { FindKnownFields } from './find-known-fields';
import type { ReadMemberships } from './read-memberships';
import { getView, readViews } from './read-views';

/** What trying rules stands on. */
export interface TrialDependencies {
  readonly profiles: ProfileReader;
  readonly read: ReadMemberships;
  readonly configuration: SegmentsConfiguration<Plan>;
  readonly knownFields: FindKnownFields;
  readonly timeZone: string;
  /** How many people an estimate looks at, at most (default: 5,000). */
  readonly sampleSize?: number;
}

/** People for whom a rule holds, and what is wrong with it or doubtful. */
export interface Preview {
  readonly people: readonly ProfileSnapshot[];
  readonly diagnostics: readonly PqlDiagnostic[];
}

/** How many people a rule holds for, and what is wrong with it or doubtful. */
export interface RuleEstimate extends Estimate {
  readonly sampled: number;
  readonly diagnostics: readonly PqlDiagnostic[];
}

/** A rule that is not saved. */
export interface RuleTrial {
  readonly rule: string;
  /** The merge policy whose view of people it is asked on; absent: the default one. */
  readonly mergePolicy?: string | undefined;
  readonly nowMs: number;
}

/** Rules that are not saved, tried on the people there are (S-14). Fails with BAD_USER_INPUT for an unknown policy. */
export interface RuleTrials {
  preview(sandbox: string, trial: RuleTrial, size: number): Promise<Preview>;
  estimate(sandbox: string, trial: RuleTrial): Promise<RuleEstimate>;
}

const PAGE = 200;
// Beyond, a preview answers with what it has found.
const MOST_LOOKED_AT = 20_000;
const SAMPLE = 5_000;

/** Reads people page by page. */
export function createRuleTrials(dependencies: TrialDependencies): RuleTrials {
  return {
    async preview(sandbox, { rule, mergePolicy, nowMs }, size) {
      const parsed = parsePql(rule);
      if (!parsed.ok) return { people: [], diagnostics: parsed.diagnostics };
      const view = await getView(dependencies.profiles, sandbox, mergePolicy);
      const people: ProfileSnapshot[] = [];
      let looked = 0;
      for await (const page of pages(dependencies.profiles, sandbox)) {
        const holds = await holdsFor(dependencies, sandbox, { tree: parsed.tree, view, nowMs }, page);
        people.push(...page.filter((_, index) => holds[index]));
        looked += page.length;
        if (people.length >= size || looked >= MOST_LOOKED_AT) break;
      }
      const diagnostics = await findDoubts(dependencies, sandbox, parsed.tree, people);
      return { people: people.slice(0, size), diagnostics };
    },
    async estimate(sandbox, { rule, mergePolicy, nowMs }) {
      const parsed = parsePql(rule);
      if (!parsed.ok) return { size: 0, low: 0, high: 0, sampled: 0, diagnostics: parsed.diagnostics };
      const view = await getView(dependencies.profiles, sandbox, mergePolicy);
      const { population, sample } = await drawSample(dependencies, sandbox);
      const held: ProfileSnapshot[] = [];
      for (let at = 0; at < sample.length; at += PAGE) {
        const page = sample.slice(at, at + PAGE);
        const holds = await holdsFor(dependencies, sandbox, { tree: parsed.tree, view, nowMs }, page);
        held.push(...page.filter((_, index) => holds[index]));
      }
      const diagnostics = await findDoubts(dependencies, sandbox, parsed.tree, held.slice(0, PAGE));
      return { ...estimateShare(held.length, sample.length, population), sampled: sample.length, diagnostics };
    },
  };
}

/** What is doubtful about the rule; what those for whom it holds have is known. */
async function findDoubts(
  { configuration, knownFields }: TrialDependencies,
  sandbox: string,
  tree: Expression,
  held: readonly ProfileSnapshot[],
): Promise<readonly PqlDiagnostic[]> {
  const known = [...(await configuration.segments.all(sandbox)).values()];
  const segments = known.filter(({ value }) => value.status !== 'DELETED').map(({ id }) => id);
  return warningsOf(tree, { ...(await knownFields(sandbox, held)), segments });
}

interface Tried {
  readonly tree: Expression;
  readonly view: string | undefined;
  readonly nowMs: number;
}

/** Whether the rule holds for each of them: by one of their views, where the policy joins no identities. */
async function holdsFor(
  { read, profiles, timeZone }: TrialDependencies,
  sandbox: string,
  { tree, view, nowMs }: Tried,
  people: readonly ProfileSnapshot[],
): Promise<readonly boolean[]> {
  const holds = compileRule(tree, { timeZone });
  const asksSegments = inspectPql(tree).segments.length > 0;
  const standings = asksSegments ? await read(sandbox, people, nowMs) : [];
  const ids = people.map(({ id }) => id);
  const views = view === undefined ? [] : await readViews(profiles, sandbox, [view], ids);
  return people.map((person, index) => {
    const memberships = standings[index]?.evaluated.memberships;
    const inSegment = (id: string): boolean => memberships?.get(id)?.status === 'REALIZED';
    const seen = view === undefined ? [person] : (views[index]?.get(view) ?? []);
    return seen.some(({ attributes, computedAttributes, events }) =>
      holds({ profile: { ...attributes, computedAttributes }, events, context: {}, nowMs, inSegment }),
    );
  });
}

async function* pages(profiles: ProfileReader, sandbox: string): AsyncGenerator<readonly ProfileSnapshot[]> {
  for (let after = ''; ; ) {
    const page = await profiles.scan(sandbox, { ...(after && { after }), limit: PAGE });
    const last = page.at(-1);
    if (!last) return;
    yield page;
    after = last.id;
  }
}

/** Every person has the same chance to be in it: each page is thinned as soon as too many are held. */
async function drawSample(
  { profiles, sampleSize = SAMPLE }: TrialDependencies,
  sandbox: string,
): Promise<{ readonly population: number; readonly sample: readonly ProfileSnapshot[] }> {
  let population = 0;
  let every = 1;
  let sample: ProfileSnapshot[] = [];
  for await (const page of pages(profiles, sandbox)) {
    for (const person of page) {
      if (population % every === 0) sample.push(person);
      population += 1;
    }
    while (sample.length > sampleSize) {
      sample = sample.filter((_, index) => index % 2 === 0);
      every *= 2;
    }
  }
  return { population, sample };
}
