import type { IdentityRef, ProfileReader } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import { type Ids, isDefinitionId } from '../../../platform/ids';
import { decideAnew } from '../../../platform/store/decide-anew';
import type { Stored } from '../../../platform/store/store';
import type { Plan } from '../domain/plan';
import { type AudienceDraft, type Segment, saveAudience } from '../domain/segment';
import type { ImportedIdentity, ImportStore } from '../store/import-store';
import type { SegmentsConfiguration } from '../store/segments-configuration';
import type { EvaluateProfiles } from './evaluate-profiles';

/** One person of an import, by one of their identities. */
export interface ExternalMember {
  readonly identity: IdentityRef;
  readonly validUntilMs?: number | undefined;
  /** True: is in it no more. */
  readonly remove: boolean;
}

/** How it ended for one member. */
export interface MemberAnswer {
  readonly identity: IdentityRef;
  /** Absent: taken. */
  readonly refusal?: { readonly code: string; readonly message: string };
}

/** What became of an import. */
export interface AudienceImport {
  readonly id: string;
  readonly audience: Stored<Segment>;
  readonly answers: readonly MemberAnswer[];
  /** How many of those taken are people who are known already. */
  readonly matched: number;
}

/** What importing stands on. */
export interface ImportDependencies {
  readonly configuration: SegmentsConfiguration<Plan>;
  readonly imports: ImportStore;
  readonly profiles: ProfileReader;
  readonly evaluate: EvaluateProfiles;
  readonly clock: Clock;
  readonly ids: Ids;
}

/** An import that goes on for as long as members come. */
export interface OpenImport {
  readonly id: string;
  readonly audience: Stored<Segment>;
  /** Answers each in the order given. Those who are known are in the audience when this answers, others when they come. */
  take(members: readonly ExternalMember[]): Promise<Pick<AudienceImport, 'answers' | 'matched'>>;
}

/** An audience with its id, as an import names it. */
export type ImportedAudience = AudienceDraft & { readonly id: string };

/** Members of audiences from elsewhere (S-16). One bad member never stops the others. */
export interface AudienceImports {
  /** Fails with BAD_USER_INPUT where the id is that of a rule. */
  open(sandbox: string, audience: ImportedAudience): Promise<OpenImport>;
  /** Takes some members at once. Fails as `open` does, and where they are too many. */
  take(sandbox: string, audience: ImportedAudience, members: readonly ExternalMember[]): Promise<AudienceImport>;
}

const MOST_MEMBERS = 10_000;
const PAGE = 250;
const DAY_MS = 86_400_000;
/** Page by page: first the identities, then the people who have them. */
export function createAudienceImports(dependencies: ImportDependencies): AudienceImports {
  const open: AudienceImports['open'] = async (sandbox, { id: audienceId, ...draft }) => {
    checkAudience(audienceId, draft);
    const audience = await putAudience(dependencies, sandbox, audienceId, draft);
    const id = dependencies.ids.next();
    return {
      id,
      audience,
      async take(members) {
        const pages: Pick<AudienceImport, 'answers' | 'matched'>[] = [];
        for (let at = 0; at < members.length; at += PAGE) {
          const page = members.slice(at, at + PAGE);
          pages.push(await takePage(dependencies, sandbox, { id, audienceId, validDays: draft.validDays }, page));
        }
        return {
          answers: pages.flatMap(({ answers }) => answers),
          matched: pages.reduce((sum, { matched }) => sum + matched, 0),
        };
      },
    };
  };
  return {
    open,
    async take(sandbox, audience, members) {
      checkCount(members.length);
      const { take, ...rest } = await open(sandbox, audience);
      return { ...rest, ...(await take(members)) };
    },
  };
}

async function takePage(
  dependencies: ImportDependencies,
  sandbox: string,
  { id, audienceId, validDays }: { readonly id: string; readonly audienceId: string; readonly validDays: number },
  members: readonly ExternalMember[],
): Promise<Pick<AudienceImport, 'answers' | 'matched'>> {
  const { clock, imports, profiles } = dependencies;
  const nowMs = clock.now();
  const keys = await keysOf(profiles, sandbox, members);
  const answers = members.map((member, index) => withKnownKey(answerOf(member, nowMs), keys[index]));
  const isTaken = (_: unknown, index: number): boolean => !answers[index]?.refusal;
  const taken = members.filter(isTaken);
  const identities = toIdentities(taken, keys.filter(isTaken), nowMs + validDays * DAY_MS);
  await imports.save(sandbox, { audience: audienceId, importId: id }, identities, nowMs);
  return { answers, matched: await evaluateThose(dependencies, sandbox, taken, id) };
}

/** Brings the people who have the identities up to date; answers how many there are. */
async function evaluateThose(
  { profiles, evaluate }: ImportDependencies,
  sandbox: string,
  members: readonly ExternalMember[],
  importId: string,
): Promise<number> {
  const found = await Promise.all(members.map(({ identity }) => profiles.find(sandbox, identity)));
  const profileIds = new Set(found.flatMap((profile) => (profile ? [profile.id] : [])));
  const importCause = { kind: 'IMPORT', reference: importId } as const;
  const all = (await profiles.joinedWith?.(sandbox, [...profileIds])) ?? [...profileIds];
  await evaluate(
    sandbox,
    all.map((profileId) => ({ profileId, importCause })),
  );
  return profileIds.size;
}

async function putAudience(
  { configuration, clock }: ImportDependencies,
  sandbox: string,
  id: string,
  draft: AudienceDraft,
): Promise<Stored<Segment>> {
  return decideAnew(async () => {
    const before = (await configuration.segments.all(sandbox)).get(id);
    const after = saveAudience(before?.value, id, draft, clock.now());
    return async () =>
      before && before.value === after ? before : configuration.segments.put(sandbox, id, after, before?.version ?? 0);
  });
}

/** The later of two lines about one identity wins. */
function toIdentities(
  members: readonly ExternalMember[],
  keys: readonly (string | undefined)[],
  untilMs: number,
): readonly ImportedIdentity[] {
  const identities = new Map<string, ImportedIdentity>();
  members.forEach(({ validUntilMs = untilMs, remove }, index) => {
    const key = keys[index];
    if (key !== undefined) identities.set(key, { key, ...(!remove && { untilMs: validUntilMs }) });
  });
  return [...identities.values()];
}

/** How people will be known by these identities; as they were sent, where nobody can say. */
async function keysOf(
  profiles: ProfileReader,
  sandbox: string,
  members: readonly { readonly identity: IdentityRef }[],
): Promise<readonly (string | undefined)[]> {
  const identities = members.map(({ identity }) => identity);
  if (profiles.keysOf) return profiles.keysOf(sandbox, identities);
  return identities.map(({ namespace, value }) => `${namespace}|${value}`);
}

/** Refuses those too that no profile can ever be known by. */
function withKnownKey(answer: MemberAnswer, key: string | undefined): MemberAnswer {
  if (answer.refusal || key !== undefined) return answer;
  const message = `${answer.identity.namespace} is not a known namespace, or does not take this value.`;
  return { ...answer, refusal: { code: 'BAD_USER_INPUT', message } };
}

const REFUSED_VALUES: ReadonlySet<string> = new Set(['null', 'undefined', 'anonymous', '0']);
const LONGEST_VALUE = 1_024;

function answerOf({ identity, validUntilMs, remove }: ExternalMember, nowMs: number): MemberAnswer {
  const refuse = (message: string): MemberAnswer => ({ identity, refusal: { code: 'BAD_USER_INPUT', message } });
  const { namespace, value } = identity;
  if (!isDefinitionId(namespace)) return refuse('A namespace is a word without blanks and "|".');
  if (value.trim() === '' || REFUSED_VALUES.has(value.trim().toLowerCase())) {
    return refuse(`"${value}" names nobody.`);
  }
  if (value.length > LONGEST_VALUE) return refuse(`An identity has at most ${LONGEST_VALUE} characters.`);
  if (/[\0\p{Surrogate}]/u.test(value)) return refuse('The value is no plain text.');
  if (!remove && validUntilMs !== undefined && validUntilMs <= nowMs) return refuse('It is over already.');
  return { identity };
}

function checkAudience(id: string, { name, provider, validDays }: AudienceDraft): void {
  if (!isDefinitionId(id)) refuse('id', 'an id has 1 to 200 characters without blanks and "|"');
  if (name.trim() === '') refuse('name', 'an audience needs a name');
  if (provider.trim() === '') refuse('provider', 'an audience comes from a named provider');
  if (!(validDays >= 1 && validDays <= 3_650)) refuse('validDays', 'an import holds for 1 to 3,650 days');
}

function checkCount(members: number): void {
  if (members > MOST_MEMBERS) refuse('members', `at most ${MOST_MEMBERS} at once; ${members} were sent`);
}

function refuse(path: string, reason: string): never {
  throw new AppError('BAD_USER_INPUT', `${path}: ${reason}.`, { details: { path } });
}
