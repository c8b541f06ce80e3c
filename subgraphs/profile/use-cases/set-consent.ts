import type { IdentityRef } from '../../../flow/ports';
import type { Clock } from '../../../platform/clock';
import { AppError } from '../../../platform/errors';
import type { Ids } from '../../../platform/ids';
import { PURPOSES } from '../domain/consents';
import { type ConsentStatement, itemKey } from '../domain/item';
import { ItemFault } from '../domain/item-fault';
import type { Limits } from '../domain/limits';
import { parseIdentityMap, toBelonging } from '../domain/parse-identities';
import type { ProfileConfiguration } from '../store/profile-configuration';
import type { Pipeline } from './pipeline';

export interface SetConsentDependencies {
  readonly pipeline: Pipeline;
  readonly configuration: ProfileConfiguration;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly limits: Limits;
}

/** Notes what a person agrees to; who was unknown becomes known by it. Answers with the profile's id. */
export type SetConsent = (sandbox: string, identity: IdentityRef, statement: ConsentStatement) => Promise<string>;

/** Fails with BAD_USER_INPUT for an unknown purpose, or an identity that can be nobody's. */
export function createSetConsent(dependencies: SetConsentDependencies): SetConsent {
  const { pipeline, configuration, clock, ids, limits } = dependencies;
  return async (sandbox, { namespace, value }, statement) => {
    checkPurpose(statement.purpose, 'purpose');
    const { namespaces } = await configuration.settings(sandbox);
    const rules = { namespaces, limits };
    const belonging = asInput(() => {
      const sent = parseIdentityMap({ [namespace]: [{ id: value }] }, rules, 'identity');
      return toBelonging(sent, rules);
    });
    const id = ids.next();
    const dataset = 'setConsent';
    const item = { kind: 'CONSENT', dataset, id, key: itemKey(dataset, id), atMs: clock.now(), enabled: true } as const;
    const consent = { ...item, ...belonging, data: {}, json: '{}', consents: [statement] };
    const [outcome] = await pipeline.submit(sandbox, { items: [consent] });
    if (outcome?.status === 'ACCEPTED' && outcome.profileId) return outcome.profileId;
    throw new Error('A consent is always taken.');
  };
}

/** Fails with BAD_USER_INPUT when there is no such purpose. */
export function checkPurpose(purpose: string, path: string): void {
  if ((PURPOSES as readonly string[]).includes(purpose)) return;
  throw new AppError('BAD_USER_INPUT', `${path}: there is no purpose ${JSON.stringify(purpose)}.`, {
    details: { path, purposes: PURPOSES },
  });
}

/** Runs `parse`; what it finds wrong becomes BAD_USER_INPUT. */
function asInput<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ItemFault)) throw error;
    throw new AppError('BAD_USER_INPUT', `${error.path}: ${error.message}`, {
      details: { path: error.path, reason: error.code },
    });
  }
}
