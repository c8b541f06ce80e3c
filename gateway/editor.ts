import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { extname, join, relative } from 'node:path';
import { getDistDirectory, renderAltair } from 'altair-static';
import { AppError } from '../platform/errors';
import { respond } from './http/respond';

/** What the query editor opens with. */
export interface EditorOptions {
  readonly title: string;
  readonly tabs: readonly EditorTab[];
}

/** One prepared query. */
export interface EditorTab {
  readonly title: string;
  readonly query: string;
  /** JSON text. */
  readonly variables?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A query editor that comes with us: the page loads nothing from elsewhere. */
export interface Editor {
  /** The page. */
  page(response: ServerResponse): void;
  /** One of the page's files. Throws NOT_FOUND for others. */
  file(response: ServerResponse, path: string): Promise<void>;
}

/** Where the editor's files are, below the door. */
export const EDITOR_PATH = '/graphql/editor/';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.ttf': 'font/ttf',
};

/** Nothing but what this server serves is loaded or asked, whatever the page would like. */
const ONLY_OURS = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "connect-src 'self' ws: wss:",
  "frame-src 'none'",
].join('; ');

/** The editor with these tabs. */
export function createEditor({ title, tabs }: EditorOptions): Editor {
  const folder = getDistDirectory();
  const files = new Set(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => relative(folder, join(parentPath, name))),
  );
  return {
    page(response) {
      const headers = { 'content-type': TYPES['.html'] as string, 'content-security-policy': ONLY_OURS };
      respond(response, 200, headers, render(title, tabs));
    },
    async file(response, path) {
      const name = path.slice(EDITOR_PATH.length);
      if (!files.has(name)) throw new AppError('NOT_FOUND', `The editor has no file ${name}.`);
      const type = TYPES[extname(name)] ?? 'application/octet-stream';
      respond(
        response,
        200,
        { 'content-type': type, 'cache-control': 'max-age=3600' },
        await readFile(join(folder, name)),
      );
    },
  };
}

// The page alone knows by which address it came, also behind a proxy: its script fills these in.
const HTTP_ADDRESS = 'attune-http-address';
const SOCKET_ADDRESS = 'attune-socket-address';

const STYLE = '<style>app-banner-container { display: none }</style>';

function render(title: string, tabs: readonly EditorTab[]): string {
  const stream = {
    subscriptionsEndpoint: SOCKET_ADDRESS,
    initialSubscriptionRequestHandlerId: 'graphql-ws',
  } as const;
  const html = renderAltair({
    baseURL: EDITOR_PATH,
    endpointURL: HTTP_ADDRESS,
    ...stream,
    preserveState: false,
    disableAccount: true,
    initialWindows: tabs.map(({ title: initialName, query, variables, headers = {} }) => ({
      ...stream,
      ...{ endpointURL: HTTP_ADDRESS, initialName, initialQuery: query, initialHeaders: { ...headers } },
      ...(variables !== undefined && { initialVariables: variables }),
      initialSubscriptionsPayload: toParameters(headers),
    })),
  });
  return html
    .replace('<title>Altair</title>', `<title>${escapeHtml(title)}</title>${STYLE}`)
    .replaceAll(`\`${HTTP_ADDRESS}\``, "location.origin + '/graphql'")
    .replaceAll(`\`${SOCKET_ADDRESS}\``, "location.origin.replace(/^http/, 'ws') + '/graphql'");
}

/** The socket has no headers: what they say of the caller goes into its parameters. */
function toParameters(headers: Readonly<Record<string, string>>): Record<string, string> {
  const entry = Object.entries(headers).find(([name]) => name.toLowerCase() === 'authorization');
  return entry ? { authorization: entry[1] } : {};
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
