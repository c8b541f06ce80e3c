import { AppError } from '../../../platform/errors';
import { exchangeObjects } from '../../../platform/http/object-rows';
import type { Exchange, Route } from '../../../platform/http/route';
import { VALID_DAYS } from '../domain/segment';
import type { AudienceImports, ImportedAudience } from '../use-cases/import-audience';
import { readMember } from './member-row';

const COLUMNS = 'The first row names the columns: value, and namespace, validUntil and remove where they are told.';

/**
 * `POST /audiences/:audience?provider=…&name=…&validDays=…&labels=a,b&namespace=…`: members of an audience from elsewhere as
 * NDJSON, or as CSV with `content-type: text/csv`, of any size. Answers one line of NDJSON for each row.
 */
export function createAudienceRoute(imports: AudienceImports): Route {
  return {
    method: 'POST',
    path: '/audiences/:audience',
    async handle(exchange) {
      const { context, query } = exchange;
      if (context.scope !== 'server' && context.scope !== 'admin') {
        throw new AppError('FORBIDDEN', 'Audiences are imported with a server key.');
      }
      const open = await imports.open(context.sandbox, audienceOf(exchange));
      const namespace = query.get('namespace') ?? undefined;
      await exchangeObjects(exchange, {
        read: (row) => readMember(row, namespace),
        columns: { areEnough: (names) => names.includes('value'), message: COLUMNS },
        take: async (members) => {
          const { answers } = await open.take(members);
          return answers.map(({ refusal }) => refusal && { path: 'identity', ...refusal });
        },
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
