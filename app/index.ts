export { type Attune, type AttuneOptions, createAttune, type Question } from './attune';
export type { StoreOptions } from './store';
