import type { Positions } from '../../../platform/store/event-log';
import { type Follower, followQualifications, type Qualification, type Selection } from './follow-qualifications';
import type { QualificationTail } from './qualification-tail';

/** The newest announcements of one selection, read once for all who are told the same. */
export interface Hub {
  /** Where the next one will stand. */
  end(): number;
  /** The one at a place; `undefined` when it is not there yet, or no more. */
  at(place: number): Qualification | undefined;
  /** False for a place whose announcement was let go: the log still has it. */
  reaches(place: number): boolean;
  /** Calls back whenever there is more, or no more will come. Leaving takes the call back. */
  enter(wake: () => void): () => void;
  /** Lets all go where one of them is of these profiles: the log has them as they are by now. */
  erase(sandbox: string, profileIds: ReadonlySet<string>): void;
}

/** Hubs by what they select; each is there while anybody is in it. */
export interface Hubs {
  /** The hub of those who read up to exactly `positions`; `undefined` when it stands elsewhere just now. */
  find(key: string, positions: Positions, select: Selection): Hub | undefined;
  /** Keeps nothing of these profiles. */
  erase(sandbox: string, profileIds: readonly string[]): void;
}

interface Opened {
  readonly hub: Hub;
  readonly source: Follower;
}

const KEPT = 1_024;

/** Over what is read once for this process. */
export function createHubs(tail: QualificationTail): Hubs {
  const hubs = new Map<string, Opened>();
  return {
    find(key, positions, select) {
      const known = hubs.get(key);
      if (known) return isLevel(known, positions) ? known.hub : undefined;
      const source = followQualifications(tail, positions, select);
      const hub = createHub(source, () => {
        if (hubs.get(key)?.source === source) hubs.delete(key);
      });
      hubs.set(key, { hub, source });
      return hub;
    },
    erase(sandbox, profileIds) {
      const ids = new Set(profileIds);
      for (const { hub } of hubs.values()) hub.erase(sandbox, ids);
    },
  };
}

function createHub(source: Follower, onEnd: () => void): Hub {
  const kept: Qualification[] = [];
  const wakers = new Set<() => void>();
  let first = 0;
  let isOver = false;

  const end = (): void => {
    isOver = true;
    onEnd();
    for (const wake of [...wakers]) wake();
  };
  const pump = async (): Promise<void> => {
    for await (const qualification of source) {
      kept.push(qualification);
      if (kept.length > 2 * KEPT) first += kept.splice(0, KEPT).length;
      for (const wake of wakers) wake();
    }
  };
  // Who is in it reads on alone, and meets what went wrong, if it still does.
  pump().then(end, end);

  return {
    end: () => first + kept.length,
    at: (place) => kept[place - first],
    reaches: (place) => place >= first && (!isOver || place < first + kept.length),
    enter(wake) {
      wakers.add(wake);
      return () => {
        wakers.delete(wake);
        if (wakers.size === 0 && !isOver) void source.return?.();
      };
    },
    erase(sandbox, profileIds) {
      const isOf = ({ announcement: own }: Qualification) => own.sandbox === sandbox && profileIds.has(own.key);
      if (kept.some(isOf)) first += kept.splice(0).length;
    },
  };
}

/** That it has read up to exactly `positions`, and put all of it where it is found: between the two is a moment. */
function isLevel({ hub, source }: Opened, positions: Positions): boolean {
  if (source.given() !== hub.end()) return false;
  return source.positions().every((position, index) => position === positions[index]);
}
