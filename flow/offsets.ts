import type { Clock, Timer } from '../platform/clock';
import type { LogEntry } from '../platform/store/event-log';
import type { Collection, CollectionSpec, Store, Write } from '../platform/store/store';

/** The sandbox of the dispatchers' own documents: what they keep is about all sandboxes at once. */
export const DISPATCH_SANDBOX = '.dispatch';

/** How far each reaction has come, by `subgraph|stream|partition`. */
export const dispatchOffsets: CollectionSpec = { name: 'dispatch_offsets', indexes: [] };

/** What was given up, with the reason. */
export const dispatchDeadLetters: CollectionSpec = {
  name: 'dispatch_dead_letters',
  indexes: [
    { name: 'at', fields: ['subgraph', 'atMs'] },
    { name: 'key', fields: ['key'] },
  ],
};

/** An entry that its reaction gave up. `key` is that of the entry: whose it is. */
export interface DispatchDeadLetter {
  readonly subgraph: string;
  readonly key: string;
  readonly atMs: number;
  readonly reason: string;
  readonly entry: LogEntry;
}

interface Offset {
  readonly position: number;
}

/** How far one lane has come, durably. */
export interface OffsetKeeper {
  /** The stored position; 0 when there is none. Later saves build on what was loaded. */
  load(): Promise<number>;
  /** Keeps a dead letter for the next save. */
  giveUp(letter: DispatchDeadLetter): void;
  /** True when `position` should be saved now. If it is worth saving later, `onDue` will be called then. */
  isDue(position: number): boolean;
  /** Stores `position` and the dead letters in one commit. Fails with CONFLICT when another one has saved since. */
  save(position: number): Promise<void>;
}

// So many handled entries at most are delivered again after a crash.
const MOST_UNSAVED = 4096;

/** The keeper of the lane `id` (`subgraph|stream|partition`), which saves within `saveAfterMs` of a change. */
export function createOffsetKeeper(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly id: string;
  readonly saveAfterMs: number;
  readonly onDue: () => void;
}): OffsetKeeper {
  const { store, clock, id } = options;
  const offsets: Collection<Offset> = store.collection(dispatchOffsets.name);
  let version: number | null = null;
  let saved = 0;
  let letters: DispatchDeadLetter[] = [];
  let timer: Timer | undefined;
  let elapsed = false;

  const disarm = (): void => {
    timer?.cancel();
    timer = undefined;
    elapsed = false;
  };
  const arm = (): void => {
    timer ??= clock.at(clock.now() + options.saveAfterMs, () => {
      elapsed = true;
      options.onDue();
    });
  };

  return {
    async load() {
      const stored = await offsets.get(DISPATCH_SANDBOX, id);
      version = stored?.version ?? null;
      saved = stored?.value.position ?? 0;
      letters = [];
      disarm();
      return saved;
    },
    giveUp: (letter) => void letters.push(letter),
    isDue(position) {
      if (letters.length > 0 || position - saved >= MOST_UNSAVED) return true;
      if (position !== saved) arm();
      return elapsed;
    },
    async save(position) {
      disarm();
      if (position === saved && letters.length === 0) return;
      const value: Offset = { position };
      const offset: Write = { kind: 'put', collection: dispatchOffsets.name, id, value, expected: version };
      const writes = [offset, ...letters.map((letter) => toWrite(id, letter))];
      await store.commit({ sandbox: DISPATCH_SANDBOX, writes });
      version = (version ?? 0) + 1;
      saved = position;
      letters = [];
    },
  };
}

function toWrite(lane: string, value: DispatchDeadLetter): Write {
  return { kind: 'put', collection: dispatchDeadLetters.name, id: `${lane}|${value.entry.position}`, value };
}
