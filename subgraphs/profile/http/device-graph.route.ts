import { AppError } from '../../../platform/errors';
import { exchangeObjects } from '../../../platform/http/object-rows';
import type { Exchange, Route } from '../../../platform/http/route';
import { LINK_DAYS } from '../domain/device-graph';
import type { LinkImports } from '../use-cases/import-device-links';
import type { DeviceGraphDraft } from '../use-cases/save-device-graph';
import { readDeviceLink } from './device-link-row';

const COLUMNS =
  'The first row names the columns: from.value and to.value with from.namespace and to.namespace (or from and to with ?namespace=), and validUntil and remove where they are told.';

/**
 * `POST /device-graphs/:graph?provider=…&name=…&validDays=…&namespace=…`: links of a device graph as NDJSON, or as CSV with
 * `content-type: text/csv`, of any size. Answers one line of NDJSON for each row.
 */
export function createDeviceGraphRoute(imports: LinkImports): Route {
  return {
    method: 'POST',
    path: '/device-graphs/:graph',
    async handle(exchange) {
      const { context, query } = exchange;
      if (context.scope !== 'server' && context.scope !== 'admin') {
        throw new AppError('FORBIDDEN', 'Device graphs are imported with a server key.');
      }
      const open = await imports.open(context.sandbox, graphOf(exchange));
      const namespace = query.get('namespace') ?? undefined;
      await exchangeObjects(exchange, {
        read: (row) => readDeviceLink(row, namespace),
        columns: { areEnough: namesBothEnds, message: COLUMNS },
        take: async (links) => {
          const answers = await open.take(links);
          return answers.map(({ fault }) => fault && { code: fault.code, path: fault.path, message: fault.message });
        },
      });
    },
  };
}

function namesBothEnds(names: readonly string[]): boolean {
  return ['from', 'to'].every((end) => names.includes(end) || names.includes(`${end}.value`));
}

function graphOf({ params, query }: Exchange): DeviceGraphDraft {
  const id = params.graph ?? '';
  return {
    id,
    name: query.get('name') ?? id,
    provider: query.get('provider') ?? '',
    validDays: Number(query.get('validDays') ?? LINK_DAYS),
  };
}
