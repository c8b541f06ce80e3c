import { AppError } from '../../../../platform/errors';
import { splitPath } from '../attributes';
import { COMPUTED_FUNCTIONS, type ComputedAttribute, type ComputedFunction } from './computed-attribute';
import { parseLengthMs, parseSpan } from './duration';

/** A computed attribute as it is sent; `null` is as if it were left out. */
export interface ComputedAttributeInput {
  readonly id: string;
  readonly function: string;
  readonly filter?: string | null | undefined;
  readonly value?: string | null | undefined;
  readonly window?: string | null | undefined;
  readonly weights?: unknown;
  readonly halfLife?: string | null | undefined;
}

const WORDS = /^[\p{L}_][\p{L}\p{N}_-]*(?:\.[\p{L}_][\p{L}\p{N}_-]*)*$/u;
const MOST_WEIGHT = 1e9;

/**
 * The definition that was sent. Fails with BAD_USER_INPUT and the field in `details.path` for what makes no sense; the
 * filter is for `parseEventFilter` to check.
 */
export function parseComputedAttribute(input: ComputedAttributeInput): ComputedAttribute {
  const { id, filter, value, window, halfLife } = input;
  checkId(id);
  const computed = parseFunction(input.function);
  const weights = toWeights(input.weights);
  if (isSent(value)) checkValue(value);
  else if (computed !== 'COUNT') throw refusal('value', `${computed} needs the path of its value in an event`);
  if (computed !== 'AFFINITY' && weights) throw refusal('weights', `only AFFINITY has weights; this is ${computed}`);
  if (computed !== 'AFFINITY' && isSent(halfLife)) {
    throw refusal('halfLife', `only AFFINITY has a half-life; this is ${computed}`);
  }
  if (isSent(window) && !parseSpan(window)) throw refusal('window', durationFault(window));
  if (isSent(halfLife) && parseLengthMs(halfLife) === undefined) throw refusal('halfLife', durationFault(halfLife));
  return {
    id,
    function: computed,
    ...(isSent(filter) ? { filter } : {}),
    ...(isSent(value) ? { value } : {}),
    ...(isSent(window) ? { window } : {}),
    ...(weights ? { weights } : {}),
    ...(isSent(halfLife) ? { halfLife } : {}),
  };
}

function checkId(id: string): void {
  if (!WORDS.test(id) || splitPath(id).includes('__proto__')) {
    throw refusal('id', `an id is words with dots between them; received ${JSON.stringify(id)}`);
  }
}

function parseFunction(name: string): ComputedFunction {
  const known = COMPUTED_FUNCTIONS.find((each) => each === name);
  if (known) return known;
  throw refusal('function', `it is one of ${COMPUTED_FUNCTIONS.join(', ')}; received ${JSON.stringify(name)}`);
}

function checkValue(path: string): void {
  const received = `received ${JSON.stringify(path)}`;
  if (/[[\]]/.test(path)) {
    throw refusal('value', `a list gives each of its elements, so a path has no brackets; ${received}`);
  }
  if (!splitPath(path).every((name) => name.trim() === name && name !== '')) {
    throw refusal('value', `a path is names with dots between them; ${received}`);
  }
}

function toWeights(sent: unknown): Readonly<Record<string, number>> | undefined {
  if (sent === undefined || sent === null) return undefined;
  if (typeof sent !== 'object' || Array.isArray(sent))
    throw refusal('weights', 'they are an object: eventType → weight');
  const entries = Object.entries(sent).map(([eventType, weight]): [string, number] => {
    if (typeof weight === 'number' && Math.abs(weight) <= MOST_WEIGHT) return [eventType, weight];
    const received = JSON.stringify(weight);
    throw refusal(`weights.${eventType}`, `a weight is a number, at most a billion either way; received ${received}`);
  });
  return Object.fromEntries(entries);
}

function durationFault(text: string): string {
  const received = `received ${JSON.stringify(text)}`;
  return `a duration is ISO 8601 text such as P7D or PT36H, above zero, at most 10,000 years, and parts no month; ${received}`;
}

function isSent(text: string | null | undefined): text is string {
  return text !== undefined && text !== null;
}

function refusal(path: string, reason: string): AppError {
  return new AppError('BAD_USER_INPUT', `The computed attribute's ${path}: ${reason}.`, { details: { path } });
}
