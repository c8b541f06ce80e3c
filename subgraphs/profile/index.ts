import type { Ingestion, ProfileReader } from '../../flow/ports';
import type { ReactionsOf } from '../../flow/reactions';
import { createSubgraphSchema, type SubgraphSchema } from '../../platform/graphql/subgraph-schema';
import type { Route } from '../../platform/http/route';
import type { Platform } from '../../platform/platform';
import { createDeviceGraphRoute } from './http/device-graph.route';
import { createIngestRoute } from './http/ingest.route';
import { createPrivacyRoute } from './http/privacy.route';
import { createParts, type Parts, type ProfileOptions } from './parts';
import { BatchResolver } from './schema/batch.resolver';
import { CollectResolver } from './schema/collect.resolver';
import { ComputedAttributeResolver } from './schema/computed-attribute.resolver';
import { createConfigurationResolvers } from './schema/configuration.resolvers';
import { createDeviceGraphResolver, DeviceLinkResolver } from './schema/device-graph.resolver';
import { IdentityGraphResolver } from './schema/identity-graph.resolver';
import { IngestResolver } from './schema/ingest.resolver';
import { NamespaceResolver } from './schema/namespace.resolver';
import { PrivacyResolver } from './schema/privacy.resolver';
import { createProfileReference } from './schema/profile.reference';
import { ProfileResolver } from './schema/profile.resolver';
import { ProfileFieldsResolver } from './schema/profile-fields.resolver';
import { createCollect } from './use-cases/collect';
import { createDeclaredFields } from './use-cases/declared-fields';
import { createLinkImports, type LinkImports } from './use-cases/import-device-links';
import { createProfileReader } from './use-cases/profile-reader';
import { createReplayFailedItems } from './use-cases/replay-failed-items';
import { createRowIntake } from './use-cases/row-intake';
import { createDefinitionUseCases } from './use-cases/save-definition';
import { createDeviceGraphs, type DeviceGraphs } from './use-cases/save-device-graph';
import { createSetConsent } from './use-cases/set-consent';
import { createSimulateIdentityGraph } from './use-cases/simulate';
import { createUnlinkIdentity } from './use-cases/unlink-identity';

export { PURPOSES, type UnknownConsents } from './domain/consents';
export { DEFAULT_LIMITS, type Limits } from './domain/limits';
export type { ProfileOptions } from './parts';
export { profileCollections } from './store/collections';

/** People: who they are, what they did, and all that comes in about them. */
export interface ProfileSubgraph extends SubgraphSchema {
  readonly name: 'profile';
  readonly reactions: ReactionsOf<'profile'>;
  readonly reader: ProfileReader;
  readonly ingestion: Ingestion;
  readonly routes: readonly Route[];
  /** Takes up work in the background that is not done. */
  start(): void;
  /** Resolves when all work that is due now is done. */
  idle(): Promise<void>;
  /** Ends after the work under way. */
  close(): Promise<void>;
}

/** The profile subgraph. */
export function createProfileSubgraph(platform: Platform, options: ProfileOptions = {}): ProfileSubgraph {
  const base = createParts(platform, options);
  const { clock, jobs } = base;
  const { policyUsers = () => [] } = options;
  const definitions = createDefinitionUseCases(base.configuration, { clock, run: jobs.run, policyUsers });
  const graphs = createDeviceGraphs({ ...base, definitions: definitions.deviceGraphs, run: jobs.run });
  const parts = {
    ...base,
    definitions,
    graphs,
    imports: createLinkImports({ ...base, graphs, onTaken: base.linkExpiry.watch }),
  };
  const { intake } = parts;
  const { schema, sdl } = createSubgraphSchema({
    resolvers: createResolvers(parts),
    references: { Profile: createProfileReference(parts.views) },
  });
  return {
    name: 'profile',
    schema,
    sdl,
    reactions: {},
    reader: { ...createProfileReader(parts), fields: createDeclaredFields(parts.configuration) },
    ingestion: { ingest: (sandbox, dataset, bodies, nowMs) => intake.ingest({ sandbox, dataset, bodies, nowMs }) },
    routes: [
      createIngestRoute(createRowIntake({ ...parts, items: intake, batches: parts.batchVerbs })),
      createPrivacyRoute(parts.documents),
      createDeviceGraphRoute(parts.imports),
    ],
    ...createBackground(platform, options, parts),
  };
}

interface Doors extends Parts {
  readonly definitions: ReturnType<typeof createDefinitionUseCases>;
  readonly graphs: DeviceGraphs;
  readonly imports: LinkImports;
}

function createResolvers(parts: Doors): readonly object[] {
  const { configuration, reads, views, access, intake, batchVerbs } = parts;
  const replay = createReplayFailedItems({ ...parts, items: intake, batches: batchVerbs });
  return [
    new ProfileResolver(views, configuration, access, createSetConsent(parts)),
    new ProfileFieldsResolver(reads, configuration, parts.history, parts.merged),
    new IdentityGraphResolver(createSimulateIdentityGraph(parts), createUnlinkIdentity(parts)),
    new IngestResolver(intake, batchVerbs, parts.failed, replay, views),
    new BatchResolver(batchVerbs),
    new PrivacyResolver(parts.privacyJobs),
    new CollectResolver(createCollect({ ...parts, items: intake }), access, reads, views, configuration),
    new ComputedAttributeResolver(parts.jobStore),
    new NamespaceResolver(parts.jobStore),
    new DeviceLinkResolver(parts.imports),
    createDeviceGraphResolver(parts.graphs),
    ...createConfigurationResolvers(parts.definitions),
  ];
}

function createBackground({ log }: Platform, { sandboxes = ['default'] }: ProfileOptions, parts: Parts) {
  const { pipeline, keepEventLimit, jobs, sweeps, linkExpiry, forgetting } = parts;
  let resuming: Promise<unknown> = Promise.resolve();
  return {
    start() {
      forgetting.start();
      sweeps.start(sandboxes);
      for (const sandbox of sandboxes) linkExpiry.watch(sandbox);
      resuming = Promise.all(sandboxes.map(jobs.resume)).catch((error: unknown) =>
        log.error({ err: error }, 'the jobs of the profile subgraph could not be taken up'),
      );
    },
    async idle() {
      await resuming;
      await sweeps.idle();
      await linkExpiry.idle();
      await jobs.idle();
      await pipeline.idle();
      await keepEventLimit.idle();
      await forgetting.idle();
    },
    async close() {
      await resuming;
      await forgetting.close();
      await sweeps.close();
      await linkExpiry.close();
      await jobs.close();
      await keepEventLimit.idle();
      await pipeline.idle();
    },
  };
}
