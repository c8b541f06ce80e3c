import type { IdentityMap } from './identity-map';
import type { Membership } from './message';

/** What one destination was told about one person and one segment. */
export interface LaneSegment {
  readonly segment: string;
  readonly status: 'REALIZED' | 'EXITED';
  readonly qualifiedAtMs: number;
  /** The activation under which it was last heard of. */
  readonly activation: string;
  /** False while the destination was told nothing, because something was missing. */
  readonly told: boolean;
  /** What last reached the destination. */
  readonly sentStatus?: 'REALIZED' | 'EXITED';
  readonly sentAtMs?: number;
}

/** One person on the way to one destination: what it knows of them, and the deliveries that wait, in order. */
export interface Lane {
  readonly destination: string;
  readonly profileId: string;
  readonly segments: readonly LaneSegment[];
  /** The ids of pending deliveries: only the first is ever on its way. */
  readonly queue: readonly string[];
  /** When the first may be tried; absent when none waits. */
  readonly dueAtMs?: number;
  /** The position of the last change taken from the log. */
  readonly position: number;
  /** The identities last sent. */
  readonly identityMap?: IdentityMap;
  readonly identityKey?: string;
}

/** Where news of a membership comes from: the log, a backfill, or the end of an activation. */
export type NewsSource = { readonly kind: 'LOG'; readonly position: number } | { readonly kind: 'BACKFILL' | 'END' };

/** A membership of one person, as it reaches a destination. */
export interface News extends Membership {
  readonly profileId: string;
  readonly activation: string;
  readonly source: NewsSource;
  /** True when profiles were merged: what is the same for an identity is not told. */
  readonly merged?: boolean;
}

/** The id of a lane. */
export function laneId(destination: string, profileId: string): string {
  return `${destination}|${profileId}`;
}

/** The lane of a person of whom the destination has not heard. */
export function newLane(destination: string, profileId: string): Lane {
  return { destination, profileId, segments: [], queue: [], position: 0 };
}

/** What is to be done about news: nothing, note it, or note it and tell the destination. */
export type Intake = 'ignore' | 'note' | 'tell';

/** Decides what news means to a lane: what was heard already is not told again, an exit only to who was told of an entry. */
export function judgeNews(lane: Lane, news: News): Intake {
  const known = findSegment(lane, news.segment);
  const { source } = news;
  if (source.kind === 'LOG' && source.position <= lane.position) return 'ignore';
  if (source.kind === 'BACKFILL' && known?.activation === news.activation) return 'ignore';
  if (source.kind === 'END' && known?.activation !== news.activation) return 'ignore';
  if (news.status === 'REALIZED') return known?.status === 'REALIZED' ? 'note' : 'tell';
  return known?.status === 'REALIZED' && known.told ? 'tell' : 'note';
}

/** The lane with the news in it. `told`: whether the destination is told of it. */
export function noteNews(lane: Lane, news: News, told: boolean): Lane {
  const { segment, status, qualifiedAtMs, activation, source } = news;
  const known = findSegment(lane, segment);
  const noted = { ...known, segment, status, qualifiedAtMs, activation, told };
  const position = source.kind === 'LOG' ? Math.max(source.position, lane.position) : lane.position;
  return { ...lane, segments: withSegment(lane, noted), position };
}

/** What the lane knows of a segment. */
export function findSegment(lane: Lane, segment: string): LaneSegment | undefined {
  return lane.segments.find((known) => known.segment === segment);
}

/** The lane with a delivery at the end of its queue. */
export function enqueue(lane: Lane, deliveryId: string, nowMs: number): Lane {
  return { ...lane, queue: [...lane.queue, deliveryId], dueAtMs: lane.dueAtMs ?? nowMs };
}

/** The lane without its first delivery; what was sent is noted. The next may be tried at once. */
export function dequeue(lane: Lane, deliveryId: string, nowMs: number): Lane {
  const { dueAtMs: _, ...rest } = lane;
  const queue = lane.queue.filter((id) => id !== deliveryId);
  return queue.length === 0 ? { ...rest, queue } : { ...rest, queue, dueAtMs: nowMs };
}

/** The lane knowing that the destination took a message. */
export function noteSent(lane: Lane, { segment, status }: Membership, atMs: number): Lane {
  const known = findSegment(lane, segment);
  return known ? { ...lane, segments: withSegment(lane, { ...known, sentStatus: status, sentAtMs: atMs }) } : lane;
}

function withSegment(lane: Lane, changed: LaneSegment): readonly LaneSegment[] {
  const at = lane.segments.findIndex(({ segment }) => segment === changed.segment);
  return at < 0 ? [...lane.segments, changed] : lane.segments.with(at, changed);
}
