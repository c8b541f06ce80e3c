import { registerEnumType } from 'type-graphql';
import type { Health } from '../domain/breaker';
import type { DeliveryStatus as DeliveryStatusName } from '../domain/delivery';
import type { HashRule as HashRuleName, IdentityValues as IdentityValuesName } from '../domain/destination';

type Names<T extends string> = { readonly [K in T]: K };

export const DestinationHealth: Names<Health> = {
  HEALTHY: 'HEALTHY',
  RETRYING: 'RETRYING',
  OPEN_CIRCUIT: 'OPEN_CIRCUIT',
  DISABLED: 'DISABLED',
};
registerEnumType(DestinationHealth, {
  name: 'DestinationHealth',
  description: 'Whether a destination can be reached, as far as its last attempts tell.',
  valuesConfig: {
    RETRYING: { description: 'The last attempt failed; it is tried again.' },
    OPEN_CIRCUIT: { description: 'So many attempts failed in a row that nothing is sent for a while.' },
    DISABLED: { description: 'It is switched off; what is for it waits.' },
  },
});

export const DeliveryStatus: Names<DeliveryStatusName> = {
  PENDING: 'PENDING',
  SENT: 'SENT',
  SKIPPED: 'SKIPPED',
  FAILED: 'FAILED',
};
registerEnumType(DeliveryStatus, {
  name: 'DeliveryStatus',
  description: 'How it stands with one message.',
  valuesConfig: {
    SKIPPED: { description: 'Not sent, because something that it takes was missing; the reason says what.' },
    FAILED: { description: 'A dead letter: refused, or tried as often as is set. It can be replayed.' },
  },
});

export const HashRule: Names<HashRuleName> = { NONE: 'NONE', SHA256: 'SHA256' };
registerEnumType(HashRule, {
  name: 'HashRule',
  description: 'SHA256: trimmed, in lower case, hashed, lower-case hex, no salt.',
});

export const IdentityValues: Names<IdentityValuesName> = { NEWEST: 'NEWEST', ALL: 'ALL' };
registerEnumType(IdentityValues, {
  name: 'IdentityValues',
  description: 'Which identities of a namespace are sent: the one seen last, or all.',
});
