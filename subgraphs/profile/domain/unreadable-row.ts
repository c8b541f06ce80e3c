import type { ItemFault } from './item-fault';

/** A row that could not be read, in the place of an item: its text, as far as it is worth keeping. */
export class UnreadableRow {
  constructor(
    readonly fault: ItemFault,
    readonly text: string,
  ) {}
}
