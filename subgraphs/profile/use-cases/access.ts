import { createHmac, timingSafeEqual } from 'node:crypto';
import type { IdentityRef } from '../../../flow/ports';
import { AppError } from '../../../platform/errors';
import type { RequestContext } from '../../../platform/graphql/request-context';
import type { Person } from '../domain/head';
import { namespaceOf } from '../domain/identity';
import { ItemFault } from '../domain/item-fault';
import { isLoggedOut } from '../domain/logged-out';
import type { PolicyInUse } from '../domain/merge-policy';
import { isAnonymousType, type Namespaces } from '../domain/namespace';
import type { SentIdentity } from '../domain/parse-identities';
import { restrictTo, viewId } from '../domain/view';
import type { ProfileConfiguration } from '../store/profile-configuration';
import type { Found, ProfileReads } from './read-profiles';
import type { Views } from './view-people';

/** Who may see whom, and how much of them, by the value of what is asked. */
export interface Access {
  /**
   * The people with these identities, in the order asked. Fails with FORBIDDEN where the key may not ask by a namespace,
   * with BAD_USER_INPUT for an unknown namespace.
   */
  findMany(
    context: RequestContext,
    identities: readonly IdentityRef[],
    policy?: PolicyInUse,
  ): Promise<readonly (Person | undefined)[]>;
  /** The person as an answer shows them to who came with this identity. */
  viewFor(context: RequestContext, person: Person, identity: string, policy?: PolicyInUse): Promise<Person>;
  /** What each identity that is sent must pass; `undefined`: nothing. */
  identityCheck(context: RequestContext, namespaces: Namespaces): ((identity: SentIdentity) => void) | undefined;
}

export interface AccessDependencies {
  readonly reads: ProfileReads;
  readonly views: Views;
  readonly configuration: ProfileConfiguration;
}

/** `identitySecret`: with it, a person's identity that comes with a public key needs its proof. */
export function createAccess({ reads, views, configuration }: AccessDependencies, identitySecret?: string): Access {
  const viewFor: Access['viewFor'] = async ({ sandbox, scope, nowMs }, person, identity, policy) => {
    const { namespaces, defaultPolicy } = await configuration.settings(sandbox);
    const alone = restrictTo(person, viewId(person.id, identity)) ?? person;
    // Their own data alone: what a device graph knows of the browser is not theirs.
    if (scope === 'public' && isLoggedOut(person.head, identity, namespaces)) return alone;
    const isApart = (policy ?? defaultPolicy).identityGraph === 'NONE';
    return views.view(sandbox, isApart ? alone : person, nowMs, policy);
  };
  return {
    viewFor,
    async findMany(context, identities, policy) {
      const { namespaces } = await configuration.settings(context.sandbox);
      for (const { namespace } of identities) checkNamespace(context, namespace, namespaces);
      const found = await findTogether(reads, configuration, context.sandbox, identities);
      return Promise.all(found.map((match) => match && viewFor(context, match.person, match.identity, policy)));
    },
    identityCheck({ scope }, namespaces) {
      if (scope !== 'public' || identitySecret === undefined) return undefined;
      return ({ key, path, proof }) => {
        if (isAnonymousType(namespaces.get(namespaceOf(key))?.type ?? 'COOKIE') || isProof(identitySecret, key, proof))
          return;
        throw new ItemFault('PROOF_REQUIRED', path, "A person's identity needs its proof when a public key brings it.");
      };
    },
  };
}

// All of them with a batch, or none: who was read before it became visible is read again.
async function findTogether(
  reads: ProfileReads,
  configuration: ProfileConfiguration,
  sandbox: string,
  identities: readonly IdentityRef[],
): Promise<readonly (Found | undefined)[]> {
  for (;;) {
    const { moves } = await configuration.settings(sandbox);
    const found = await Promise.all(identities.map((identity) => reads.find(sandbox, identity)));
    if (identities.length < 2 || moves === (await configuration.settings(sandbox)).moves) return found;
  }
}

function checkNamespace({ scope }: RequestContext, namespace: string, namespaces: Namespaces): void {
  const known = namespaces.get(namespace);
  if (!known) {
    throw new AppError('BAD_USER_INPUT', `There is no namespace ${namespace}.`, {
      details: { path: 'identity.namespace' },
    });
  }
  if (scope === 'public' && !isAnonymousType(known.type)) {
    throw new AppError('FORBIDDEN', `A public key cannot ask by ${namespace}: it names persons.`, {
      details: { path: 'identity.namespace' },
    });
  }
}

function isProof(secret: string, key: string, proof: string | undefined): boolean {
  const expected = createHmac('sha256', secret).update(key).digest();
  const received = Buffer.from(proof ?? '', 'hex');
  return received.length === expected.length && timingSafeEqual(received, expected);
}
