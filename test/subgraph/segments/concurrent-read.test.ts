import { expect, test } from '@jest/globals';
import { describeSegments, did } from './segments-fixture';

describeSegments('a read that meets the dispatcher', (open) => {
  test('Q-3 what a reader is about to take in may be taken in by the dispatcher meanwhile: the answer has it once', async () => {
    let isHeld = false;
    let arrive = (): void => undefined;
    let release = (): void => undefined;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const fixture = await open({
      dispatch: false,
      around: (reader) => ({
        ...reader,
        changes: async (...args) => {
          const changes = await reader.changes(...args);
          if (!isHeld) return changes;
          isHeld = false;
          arrive();
          await released;
          return changes;
        },
      }),
    });
    const dispatch = () => fixture.subgraph.reactions.ProfileChanged(fixture.people.entries());
    await fixture.putSegment('twice', 'xEvent[eventType = "purchase"].count() >= 2');
    await fixture.putSegment('thrice', 'xEvent[eventType = "purchase"].sum(amount) >= 3');
    await fixture.take('p1', did('purchase', { amount: 1 }));
    await dispatch();
    const profile = await fixture.take('p1', did('purchase', { amount: 1 }));

    await fixture.idle();
    isHeld = true;
    const reading = fixture.segmentsOf(profile);
    await arrived;
    await dispatch();
    release();

    expect(await reading).toEqual(['twice']);
    expect(await fixture.segmentsOf(profile)).toEqual(['twice']);
  });
});
