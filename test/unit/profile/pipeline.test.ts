import { expect, test } from '@jest/globals';
import type { Item } from '../../../subgraphs/profile/domain/item';
import { createPipeline, type PlanItems, type Submission } from '../../../subgraphs/profile/use-cases/pipeline';
import type { CommitPlan } from '../../../subgraphs/profile/use-cases/plan';

const NONE = { writes: [], entries: [], changed: [], lost: [] };
const EMPTY = {
  dataset: 'web',
  atMs: 1,
  enabled: true,
  owner: 'CRMID|a',
  identities: [],
  links: [],
  data: {},
  json: '{}',
};
const submission = (id: string): Submission => {
  const item: Item = { ...EMPTY, kind: 'EVENT', id, key: `web|${id}` };
  return { items: [item] };
};

test('P-3 one that cannot be committed does not take along those that share its commit', async () => {
  const groups: number[] = [];
  const plan: PlanItems = async (_, submissions) => {
    groups.push(submissions.length);
    if (submissions.some(({ items }) => items[0]?.id === 'bad')) throw new Error('It cannot be.');
    return { ...NONE, result: submissions.map(() => [{ status: 'ACCEPTED' as const }]) };
  };
  const commit: CommitPlan = async (_, makePlan) => (await makePlan()).result;
  const pipeline = createPipeline(plan, commit);
  const answers = await Promise.allSettled(
    ['one', 'bad', 'other'].map((id) => pipeline.submit('default', submission(id))),
  );
  expect(groups).toEqual([3, 1, 1, 1]);
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  await pipeline.idle();
});

test('P-3 of many that wait together half are decided first, and the others while those are committed', async () => {
  const groups: number[] = [];
  const plan: PlanItems = async (_, submissions) => {
    groups.push(submissions.length);
    return { ...NONE, result: submissions.map(({ items }) => items.map(() => ({ status: 'ACCEPTED' as const }))) };
  };
  let decided = 0;
  let release = (): void => {};
  const bothDecided = new Promise<void>((resolve) => {
    release = resolve;
  });
  // No commit ends before both are decided: in one group after another, this would wait for ever.
  const commit: CommitPlan = async (_, makePlan) => {
    const { result } = await makePlan();
    decided += 1;
    if (decided === 2) release();
    await bothDecided;
    return result;
  };
  const pipeline = createPipeline(plan, commit);
  const hundreds = (id: string): Submission => ({
    items: Array.from({ length: 200 }, (_, at) => submission(`${id}${at}`).items).flat(),
  });
  await Promise.all(['a', 'b', 'c', 'd'].map((id) => pipeline.submit('default', hundreds(id))));
  expect(groups).toEqual([2, 2]);
});
