import type { Position } from '../tree';

/** Ends a parse at the place that cannot be read. Never leaves `parsePql`. */
export class SyntaxFailure extends Error {
  constructor(
    message: string,
    readonly at: Position,
    readonly expected: readonly string[] = [],
    readonly suggestion?: string,
  ) {
    super(message);
    this.name = 'SyntaxFailure';
  }
}
