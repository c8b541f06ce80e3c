import { AppError } from '../../../platform/errors';
import type { Exchange, Route } from '../../../platform/http/route';
import { exchangeRows, isCsv } from '../../../platform/http/row-exchange';
import { VALID_DAYS } from '../domain/segment';
import type { AudienceImports, ImportedAudience, MemberAnswer, OpenImport } from '../use-cases/import-audience';
import { createCsvMembers, createNdjsonMembers, type MemberRow, unreadableMember } from './member-rows';

/**
 * `POST /audiences/:audience?provider=…&name=…&validDays=…&labels=a,b&namespace=…`: members of an audience from elsewhere as
 * NDJSON, or as CSV with `content-type: text/csv`, of any size. Answers one line of NDJSON for each row.
 */
export function createAudienceRoute(imports: AudienceImports): Route {
  return {
    method: 'POST',
    path: '/audiences/:audience',
    async handle(exchange) {
      const { context, query, request } = exchange;
      if (context.scope !== 'server' && context.scope !== 'admin') {
        throw new AppError('FORBIDDEN', 'Audiences are imported with a server key.');
      }
      const open = await imports.open(context.sandbox, audienceOf(exchange));
      const namespace = query.get('namespace') ?? undefined;
      await exchangeRows(exchange, {
        rows: isCsv(request) ? createCsvMembers(namespace) : createNdjsonMembers(namespace),
        broken: unreadableMember,
        take: (rows) => takeRows(open, rows),
      });
    },
  };
}

function audienceOf({ params, query }: Exchange): ImportedAudience {
  const id = params.audience ?? '';
  return {
    id,
    name: query.get('name') ?? id,
    provider: query.get('provider') ?? '',
    validDays: Number(query.get('validDays') ?? VALID_DAYS),
    labels: [...new Set((query.get('labels') ?? '').split(',').filter(Boolean))],
  };
}

async function takeRows({ take }: OpenImport, rows: readonly MemberRow[]): Promise<readonly object[]> {
  const { answers } = await take(rows.flatMap((row) => ('member' in row ? [row.member] : [])));
  let next = 0;
  return rows.map((row) => ('member' in row ? toAnswer(answers[next++]) : { status: 'REJECTED', ...row.refusal }));
}

function toAnswer(answer: MemberAnswer | undefined): object {
  return answer?.refusal ? { status: 'REJECTED', path: 'identity', ...answer.refusal } : { status: 'ACCEPTED' };
}
