import type { RuleEvent } from '../rule';
import type { Leaves } from './leaves';
import { addEvent, type SeriesPlan } from './series-plan';
import type { RuleState } from './state';

/** Finds the series that an event fits: by its type first. */
export class EventIndex {
  private readonly byType = new Map<string, SeriesPlan[]>();
  private readonly ofAnyType: SeriesPlan[] = [];

  constructor(private readonly leaves: Leaves) {
    for (const plan of leaves.series) {
      if (!plan.eventTypes) this.ofAnyType.push(plan);
      for (const type of plan.eventTypes ?? []) {
        const plans = this.byType.get(type);
        if (plans) plans.push(plan);
        else this.byType.set(type, [plan]);
      }
    }
  }

  /** Adds an event to the series that it fits, and tells which those are. */
  add(state: RuleState, event: RuleEvent): readonly SeriesPlan[] {
    const type = event.data.eventType;
    const filled: SeriesPlan[] = [];
    if (typeof type === 'string') this.fill(this.byType.get(type) ?? [], state, event, filled);
    this.fill(this.ofAnyType, state, event, filled);
    return filled;
  }

  private fill(plans: readonly SeriesPlan[], state: RuleState, event: RuleEvent, filled: SeriesPlan[]): void {
    const { mostEvents: most, calendar } = this.leaves;
    for (const plan of plans) {
      if (!plan.fits(event)) continue;
      const before = state.series[plan.index];
      state.series[plan.index] = addEvent(plan, before, event, { nowMs: state.asOfMs, most, calendar });
      filled.push(plan);
    }
  }
}
