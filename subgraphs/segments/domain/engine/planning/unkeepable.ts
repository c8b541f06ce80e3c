import { printPql } from '../../../../../platform/pql/print';
import type { Expression } from '../../../../../platform/pql/tree';

/** Thrown while a rule is planned: it has a construct that no incremental form covers. Never leaves the planner. */
export class Unkeepable extends Error {
  /** @param reason what stands there, as in "groupBy over events"; the place is added */
  constructor(reason: string, node: Expression) {
    super(`${reason} (${placeOf(node)}: ${shorten(printPql(node))}) can only be answered from all events.`);
    this.name = 'Unkeepable';
  }
}

/** Where a node stands, in words. */
export function placeOf({ at: { line, column } }: Expression): string {
  return `line ${line}, column ${column}`;
}

/** The beginning of a text. */
export function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
