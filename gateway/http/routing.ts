import type { Route } from '../../platform/http/route';

/** The route of a method and path, with the path's named parts. */
export type FindRoute = (
  method: string,
  path: string,
) => { readonly route: Route; readonly params: Readonly<Record<string, string>> } | undefined;

/** Finds routes by path: each part equal, or named by `:name`. The first one listed wins. */
export function createRouting(routes: readonly Route[]): FindRoute {
  const patterns = routes.map((route) => ({ route, parts: route.path.split('/') }));
  return (method, path) => {
    const given = path.split('/');
    for (const { route, parts } of patterns) {
      const params = route.method === method ? match(parts, given) : undefined;
      if (params) return { route, params };
    }
    return undefined;
  };
}

function match(parts: readonly string[], given: readonly string[]): Record<string, string> | undefined {
  if (parts.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const value = given[index] as string;
    if (part.startsWith(':')) params[part.slice(1)] = decode(value);
    else if (part !== value) return undefined;
  }
  return params;
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
