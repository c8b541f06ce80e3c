import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../platform/graphql/request-context';
import type { ImportAudience } from '../use-cases/import-audience';
import {
  AudienceImport,
  ExternalAudienceInput,
  ExternalMemberInput,
  toAudienceImport,
  toExternalMember,
} from './audience.type';

const VALID_DAYS = 30;

/** Audiences whose members come from elsewhere. */
@Resolver()
export class AudienceResolver {
  constructor(private readonly importMembers: ImportAudience) {}

  @Mutation(() => AudienceImport, {
    nullable: true,
    description: 'Takes members of an audience from elsewhere; those nobody has met yet are in it when they come.',
  })
  async importAudience(
    @Arg('input', () => ExternalAudienceInput) input: ExternalAudienceInput,
    @Arg('members', () => [ExternalMemberInput]) members: ExternalMemberInput[],
    @Ctx() { sandbox }: RequestContext,
  ): Promise<AudienceImport> {
    const { id, name, provider, validDays, labels } = input;
    const audience = { id, name, provider, validDays: validDays ?? VALID_DAYS, labels: [...new Set(labels ?? [])] };
    return toAudienceImport(await this.importMembers(sandbox, audience, members.map(toExternalMember)));
  }
}
