import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError } from '../../../platform/errors';
import type { Route } from '../../../platform/http/route';
import type { PrivacyDocumentStore } from '../store/privacy-document-store';

/** `GET /privacy/:id`: the document of an ACCESS job, with a privacy key. */
export function createPrivacyRoute(documents: PrivacyDocumentStore): Route {
  return {
    method: 'GET',
    path: '/privacy/:id',
    async handle({ response, params, context }) {
      if (context.scope !== 'privacy') throw new AppError('FORBIDDEN', 'Documents are read with a privacy key.');
      const id = params.id ?? '';
      if (!(await documents.isThere(context.sandbox, id))) {
        throw new AppError('NOT_FOUND', 'There is no such document, or no longer.');
      }
      const name = `attachment; filename="${id.replace(/[^\w-]/g, '')}.json"`;
      response.writeHead(200, { 'content-type': 'application/json', 'content-disposition': name });
      await pipeline(Readable.from(documents.read(context.sandbox, id)), response);
    },
  };
}
