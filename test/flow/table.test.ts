import { describe, expect, test } from '@jest/globals';
import { type FlowEventName } from '../../flow/events';
import { DONE, type ReactionsOf } from '../../flow/reactions';
import { flowTable } from '../../flow/table';

const handle = async (entries: readonly unknown[]) => entries.map(() => DONE);

describe('the flow table', () => {
  test('has no cycle: nothing that comes of an event leads to that event again', () => {
    const cycleFrom = (event: FlowEventName, path: readonly FlowEventName[]): readonly FlowEventName[] | undefined => {
      if (path.includes(event)) return [...path, event];
      for (const next of flowTable[event].yields) {
        const cycle = cycleFrom(next, [...path, event]);
        if (cycle) return cycle;
      }
      return undefined;
    };
    for (const event of Object.keys(flowTable) as FlowEventName[]) expect(cycleFrom(event, [])).toBeUndefined();
  });

  test('names for each event who yields it: only a subgraph that some row leads to, or the profile', () => {
    const yielded = new Set<string>(Object.values(flowTable).flatMap((row) => row.yields));
    const first = Object.keys(flowTable).filter((event) => !yielded.has(event));
    expect(first).toEqual(['ProfileChanged']);
  });
});

// What must not compile is marked so; `npm run check` fails when it does compile.
describe('the reactions of a subgraph', () => {
  test('compile when they are exactly those of the table', () => {
    const segments: ReactionsOf<'segments'> = { ProfileChanged: handle };
    const destinations: ReactionsOf<'destinations'> = { MembershipChanged: handle };
    const profile: ReactionsOf<'profile'> = {};
    expect([segments, destinations, profile].map((each) => Object.keys(each).length)).toEqual([1, 1, 0]);
  });

  test('do not compile when one is missing, too many, undeclared, or takes another event', () => {
    // @ts-expect-error ProfileChanged is missing.
    const missing: ReactionsOf<'segments'> = {};
    // @ts-expect-error The table does not bring MembershipChanged to segments.
    const surplus: ReactionsOf<'segments'> = { ProfileChanged: handle, MembershipChanged: handle };
    // @ts-expect-error There is no such event.
    const undeclared: ReactionsOf<'destinations'> = { MembershipChanged: handle, OrderPlaced: handle };
    const takesAnother = async (entries: readonly { readonly body: { readonly unheardOf: number } }[]) =>
      entries.map(() => DONE);
    // @ts-expect-error The handler wants a body that ProfileChanged does not have.
    const mistaken: ReactionsOf<'segments'> = { ProfileChanged: takesAnother };
    // @ts-expect-error A handler answers with outcomes.
    const silent: ReactionsOf<'segments'> = { ProfileChanged: async () => undefined };
    expect([missing, surplus, undeclared, mistaken, silent]).toHaveLength(5);
  });
});
