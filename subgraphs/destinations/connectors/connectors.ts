import type { Connector } from './connector';
import { httpProfileExport } from './http-profile-export';

const ALL: readonly Connector[] = [httpProfileExport];

/** Every connector by its id. */
export const connectors: ReadonlyMap<string, Connector> = new Map(ALL.map((connector) => [connector.id, connector]));
