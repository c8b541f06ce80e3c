import type { PrivacyHolder } from '../../../flow/ports';

/** Decisions are made anew with every request, and nothing of them is kept: there is nothing about anybody here (P-19). */
export function createHoldPrivacy(): PrivacyHolder {
  return {
    name: 'offers',
    gather: async () => ({ found: 0, document: {} }),
    erase: async () => ({ found: 0, removed: 0, pending: 0 }),
  };
}
