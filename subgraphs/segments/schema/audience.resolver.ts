import { Arg, Ctx, Mutation, Resolver } from 'type-graphql';
import type { RequestContext } from '../../../platform/graphql/request-context';
import { VALID_DAYS } from '../domain/segment';
import type { AudienceImports } from '../use-cases/import-audience';
import {
  AudienceImport,
  ExternalAudienceInput,
  ExternalMemberInput,
  toAudienceImport,
  toExternalMember,
} from './audience.type';

/** Audiences whose members come from elsewhere. */
@Resolver()
export class AudienceResolver {
  constructor(private readonly imports: AudienceImports) {}

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
    return toAudienceImport(await this.imports.take(sandbox, audience, members.map(toExternalMember)));
  }
}
