import type { IngestAnswer } from '../../../flow/ports';
import { AppError } from '../../../platform/errors';
import type { Ids } from '../../../platform/ids';
import type { Write } from '../../../platform/store/store';
import type { CheckedIntake } from '../domain/checked-intake';
import type { DatasetKind } from '../domain/dataset';
import type { FailedItem } from '../domain/failed-item';
import { type Item, namesOf } from '../domain/item';
import { ItemFault } from '../domain/item-fault';
import type { Limits } from '../domain/limits';
import type { SentIdentity } from '../domain/parse-identities';
import { type DatasetInUse, idOf, parseItem } from '../domain/parse-item';
import { UnreadableRow } from '../domain/unreadable-row';
import { failedItemWrite } from '../store/failed-item-store';
import type { ProfileConfiguration, ProfileSettings } from '../store/profile-configuration';
import type { BatchMoves } from './batch-moves';
import type { ItemOutcome, Pipeline, Submission } from './pipeline';
import { type RefuseDeletedDependencies, refuseDeleted } from './refuse-deleted';

/** Items for one dataset, as they came. */
export interface Intake {
  readonly sandbox: string;
  readonly dataset: string;
  /** What the caller takes the dataset for; absent: either. */
  readonly kind?: DatasetKind;
  readonly bodies: readonly unknown[];
  readonly nowMs: number;
  /** The open batch to put them into. */
  readonly batch?: string;
  /** Identities that hold for each of the items. */
  readonly shared?: readonly SentIdentity[];
  /** Fails with an ItemFault when the caller may not name this identity. */
  readonly checkIdentity?: (identity: SentIdentity) => void;
}

export interface IntakeDependencies extends RefuseDeletedDependencies {
  readonly pipeline: Pipeline;
  readonly configuration: ProfileConfiguration;
  readonly ids: Ids;
  readonly moves: BatchMoves;
}

/** Takes items in: check, commit, answer. */
export interface IngestItems {
  /** Answers each in the order given. Fails with NOT_FOUND for an unknown dataset, BAD_USER_INPUT for one of another kind. */
  ingest(intake: Intake): Promise<readonly IngestAnswer[]>;
  /** Only looks at them. Fails as `ingest`. */
  check(intake: Intake, settings: ProfileSettings): Promise<CheckedIntake>;
  /** What the commit of a checked intake also writes: what failed, to be mended. */
  failures(sandbox: string, intake: CheckedIntake, outcomes: readonly ItemOutcome[], nowMs: number): readonly Write[];
  /** An answer for each body, from the outcomes of those that were sound. */
  answers(intake: CheckedIntake, outcomes: readonly ItemOutcome[]): readonly IngestAnswer[];
}

// Bounds one commit; a longer list takes several.
const MOST_ITEMS = 512;

/** Over the pipeline. */
export function createIngestItems(dependencies: IntakeDependencies): IngestItems {
  const { pipeline, configuration, limits, ids, moves } = dependencies;
  const nextArrivalMs = createArrivals();

  const check: IngestItems['check'] = async (intake, settings) => {
    const dataset = datasetFor(intake, settings);
    const rules = {
      namespaces: settings.namespaces,
      limits,
      dataset,
      shared: intake.shared ?? [],
      nextArrivalMs: () => nextArrivalMs(intake.nowMs),
      ...(intake.checkIdentity ? { checkIdentity: intake.checkIdentity } : {}),
    };
    const checked = intake.bodies.map((body) => {
      if (body instanceof UnreadableRow) return body.fault;
      try {
        return parseItem(body, rules);
      } catch (error) {
        if (error instanceof ItemFault) return error;
        throw error;
      }
    });
    const looked = { dataset, kind: dataset.kind, batch: intake.batch, bodies: intake.bodies, checked };
    if (!checked.some((one) => one instanceof ItemFault)) return looked;
    return refuseDeleted(dependencies, intake.sandbox, looked, settings, intake.nowMs);
  };

  const failures: IngestItems['failures'] = (_, { dataset, kind, batch, bodies, checked }, outcomes, nowMs) =>
    faultsOf(checked, outcomes).flatMap((fault, index) => {
      if (!fault || !isKept(fault)) return [];
      const failed = toFailedItem({ dataset: dataset.id, kind, batch, body: bodies[index], fault, nowMs, limits });
      return [failedItemWrite(ids.next(), failed)];
    });

  const answers: IngestItems['answers'] = ({ bodies, checked }, outcomes) => {
    let next = 0;
    return checked.map((one, index) => {
      if (one instanceof ItemFault) return refusal(idOf(bodies[index]), one);
      const outcome = outcomes[next];
      next += 1;
      if (!outcome || outcome.status === 'REJECTED') return refusal(one.id, outcome?.fault);
      return { id: one.id, ...outcome };
    });
  };

  const ingestPart = async (intake: Intake, settings: ProfileSettings): Promise<readonly IngestAnswer[]> => {
    const { sandbox, nowMs } = intake;
    const checked = await check(intake, settings);
    const items = itemsOf(checked);
    if (settings.moves.length > 0) await moves.settle(sandbox, namesOf(items));
    const submission: Submission = {
      items,
      also: (outcomes) => failures(sandbox, checked, outcomes, nowMs),
    };
    return answers(checked, await pipeline.submit(sandbox, submission));
  };

  return {
    check,
    failures,
    answers,
    async ingest(intake) {
      let settings = await configuration.settings(intake.sandbox);
      datasetFor(intake, settings);
      const all: IngestAnswer[] = [];
      for (let start = 0; start < intake.bodies.length; start += MOST_ITEMS) {
        if (start > 0) settings = await configuration.settings(intake.sandbox);
        const bodies = intake.bodies.slice(start, start + MOST_ITEMS);
        for (const answer of await ingestPart({ ...intake, bodies }, settings)) all.push(answer);
      }
      return all;
    },
  };
}

/** The items of an intake that are sound in themselves. */
export function itemsOf({ checked }: CheckedIntake): readonly Item[] {
  return checked.filter((one): one is Item => !(one instanceof ItemFault));
}

/** The dataset that items are for. Fails with NOT_FOUND or BAD_USER_INPUT. */
export function datasetFor({ dataset: id, kind }: Intake, { datasets }: ProfileSettings): DatasetInUse {
  const dataset = datasets.get(id);
  if (!dataset) throw new AppError('NOT_FOUND', `There is no dataset ${id}.`, { details: { dataset: id } });
  if (kind && dataset.kind !== kind) {
    throw new AppError('BAD_USER_INPUT', `The dataset ${id} is for ${dataset.kind}, not for ${kind}.`, {
      details: { dataset: id, kind: dataset.kind },
    });
  }
  return dataset;
}

function faultsOf(
  checked: readonly (Item | ItemFault)[],
  outcomes: readonly ItemOutcome[],
): readonly (ItemFault | undefined)[] {
  let next = 0;
  return checked.map((one) => {
    if (one instanceof ItemFault) return one;
    const outcome = outcomes[next];
    next += 1;
    return outcome?.status === 'REJECTED' ? outcome.fault : undefined;
  });
}

// What a person does not want to be kept is not kept among the failures either.
function isKept({ code }: ItemFault): boolean {
  return code !== 'CONSENT_DENIED' && code !== 'DELETED';
}

function toFailedItem(failed: {
  readonly dataset: string;
  readonly kind: DatasetKind;
  readonly batch: string | undefined;
  readonly body: unknown;
  readonly fault: ItemFault;
  readonly nowMs: number;
  readonly limits: Limits;
}): FailedItem {
  const { dataset, kind, batch, body, fault, nowMs, limits } = failed;
  const { code, path, message } = fault;
  const itemId = idOf(body);
  const sent = body instanceof UnreadableRow ? body.text : body;
  const kept = sent !== undefined && sizeOf(sent) <= limits.recordBytes;
  return {
    dataset,
    kind,
    code,
    path,
    message,
    atMs: nowMs,
    ...(batch === undefined ? {} : { batch }),
    ...(itemId ? { itemId: itemId.slice(0, limits.idCharacters) } : {}),
    ...(kept ? { body: sent } : {}),
  };
}

function sizeOf(body: unknown): number {
  try {
    return Buffer.byteLength(JSON.stringify(body) ?? '');
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

/** The answer for an item that was refused. */
export function refusal(id: string | undefined, fault: ItemFault | undefined): IngestAnswer {
  const { code = 'MALFORMED', path = '', message = '' } = fault ?? {};
  return { ...(id === undefined ? {} : { id }), status: 'REJECTED', code, path, message };
}

// What brings no time of its own is decided by arrival: each a little later than the one before, below a millisecond.
function createArrivals(): (nowMs: number) => number {
  const step = 1 / 1024;
  let last = 0;
  return (nowMs) => {
    last = Math.max(nowMs, last + step);
    return last;
  };
}
