import { AppError } from '../../../platform/errors';
import type { Route } from '../../../platform/http/route';
import { exchangeRows, isCsv } from '../../../platform/http/row-exchange';
import type { RowIntake } from '../use-cases/row-intake';
import { createCsvRows, createNdjsonItems, unreadable } from './item-rows';

/**
 * `POST /ingest/:dataset`: NDJSON, or CSV with `content-type: text/csv`; `content-encoding: gzip` is undone. Answers with
 * one line of NDJSON for each item, in order, while the rest still comes; the sender is held back to our speed.
 */
export function createIngestRoute(intake: RowIntake): Route {
  return {
    method: 'POST',
    path: '/ingest/:dataset',
    async handle(exchange) {
      if (exchange.context.scope !== 'server' && exchange.context.scope !== 'admin') {
        throw new AppError('FORBIDDEN', 'Streams are taken in with a server key.');
      }
      const batch = exchange.query.get('batch');
      const target = {
        sandbox: exchange.context.sandbox,
        dataset: exchange.params.dataset ?? '',
        ...(batch === null ? {} : { batch }),
      };
      const { schema } = await intake.open(target);
      await exchangeRows(exchange, {
        rows: isCsv(exchange.request) ? createCsvRows(schema) : createNdjsonItems(),
        broken: (line, message) => ({ line, body: unreadable(message, '') }),
        take: (page) =>
          intake.take(
            target,
            page.map(({ body }) => body),
          ),
      });
    },
  };
}
