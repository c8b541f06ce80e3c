import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Attune, createAttune } from '../app/attune';

/** An embedded Attune in a folder of its own, removed at the end. */
export async function withAttune(work: (attune: Attune, serverKey: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'attune-bench-'));
  const serverKey = 'server-key-of-the-bench';
  const attune = await createAttune({ store: { kind: 'embedded', folder }, keys: { server: serverKey } });
  try {
    await work(attune, serverKey);
  } finally {
    await attune.close();
    rmSync(folder, { recursive: true });
  }
}

/** Publishes `count` segments of the kinds that shops have. */
export async function publishSegments(attune: Attune, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    const { errors } = await attune.execute({
      key: attune.adminKey,
      query: 'mutation ($input: SegmentInput!) { putSegment(input: $input) { segment { id } } }',
      variables: { input: { id: `s${index}`, name: `Segment ${index}`, rule: ruleOf(index), publish: true } },
    });
    if (errors) throw new Error(JSON.stringify(errors));
  }
  await attune.idle();
}

function ruleOf(index: number): string {
  const kind = `kind${index % 10}`;
  const days = 1 + (index % 30);
  const rules = [
    `loyalty.points > ${index * 10} and homeAddress.country = "C${index % 7}"`,
    `xEvent[eventType = "${kind}" and (timestamp occurs < ${days} days before now)].count() >= ${1 + (index % 5)}`,
    `xEvent[(timestamp occurs < ${days} days before now)].sum(commerce.order.priceTotal) > ${100 * (1 + (index % 9))}`,
    `loyalty.tier in ["gold", "silver"] and xEvent[eventType = "${kind}"].count() >= ${index % 4}`,
  ];
  return rules[index % rules.length] as string;
}

/** The value below which `share` of the numbers lie. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
