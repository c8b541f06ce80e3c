import type { Clock } from './clock';
import type { Ids } from './ids';
import type { Log } from './log';
import type { Metrics } from './metrics';
import type { Store } from './store/store';

/** What every subgraph stands on; made once by `app` and handed down. */
export interface Platform {
  readonly store: Store;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Log;
  readonly metrics: Metrics;
}
