import { splitPath } from './attributes';

type Fields = Readonly<Record<string, unknown>>;

/** What `data` holds at `paths`, in its own shape: `orders[0].sku` gives `{ orders: [{ sku }] }`. All of it for none. */
export function selectPaths(data: Fields, paths: readonly string[] | null | undefined): Fields {
  if (!paths) return data;
  const selected: Record<string, unknown> = {};
  for (const path of paths) copyAt(data, selected, stepsOf(path));
  return selected;
}

type Step = string | number;

function stepsOf(path: string): readonly Step[] {
  return splitPath(path).flatMap((part): readonly Step[] => {
    const match = /^([^[\]]*)((?:\[\d+\])+)$/.exec(part);
    if (!match) return [part];
    const indexes = [...(match[2] ?? '').matchAll(/\d+/g)].map(([digits]) => Number(digits));
    return match[1] ? [match[1], ...indexes] : indexes;
  });
}

function copyAt(source: unknown, target: Record<Step, unknown>, [step, ...rest]: readonly Step[]): void {
  if (step === undefined || typeof source !== 'object' || source === null || !Object.hasOwn(source, step)) return;
  const value = (source as Record<Step, unknown>)[step];
  if (rest.length === 0) {
    target[step] = value;
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const known = Object.hasOwn(target, step) ? target[step] : undefined;
  const inner = (known ?? (Array.isArray(value) ? [] : {})) as Record<Step, unknown>;
  copyAt(value, inner, rest);
  if (Object.keys(inner).length > 0) target[step] = inner;
}
