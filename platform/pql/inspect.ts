import { findAnchor } from './evaluation/chain';
import { findFunction } from './functions';
import { findNearest } from './grammar/nearest';
import type { PqlDiagnostic } from './parse';
import type { Chain, Expression, Position, Source, TimeCondition } from './tree';

/** A path that a rule reads, from the profile: `xEvent.eventType`, `context.page`, `homeAddress.country`. */
export interface FieldUse {
  readonly path: string;
  readonly at: Position;
}

/** What a rule reads. */
export interface PqlInspection {
  readonly fields: readonly FieldUse[];
  /** Ids of `inSegment`, each once. */
  readonly segments: readonly string[];
  readonly readsEvents: boolean;
  readonly readsContext: boolean;
  /** True when the answer may change by the passing of time alone, segments apart. */
  readonly readsTime: boolean;
}

/** Where a node of a rule reads from. */
export interface Origins {
  /** The path; `undefined` for what is no field. */
  pathOf(node: Expression): string | undefined;
  /** True for a variable: it may stand for one item of what lies at its path. */
  isVariable(node: Expression): boolean;
}

/** Finds from where each node of a rule reads. */
export function originsOf(tree: Expression): Origins {
  const inspector = new Inspector();
  inspector.visit(tree, { variables: new Map(), items: [] });
  return inspector.origins();
}

/** Finds everything that a rule reads. */
export function inspectPql(tree: Expression): PqlInspection {
  const inspector = new Inspector();
  inspector.visit(tree, { variables: new Map(), items: [] });
  return inspector.result();
}

/**
 * A warning for each field that is not known, with the nearest known one. Paths pass through lists; what lies under a
 * known path that ends in `.*` is known.
 */
export function unknownFields(tree: Expression, knownPaths: Iterable<string>): readonly PqlDiagnostic[] {
  const known = [...knownPaths];
  return inspectPql(tree)
    .fields.filter(({ path }) => !known.some((each) => covers(each, path)))
    .map(({ path, at }) => {
      const suggestion = findNearest(path, known);
      const message = `The field ${path} is not known`;
      return suggestion === undefined ? { message, ...at } : { message, ...at, suggestion };
    });
}

function covers(known: string, path: string): boolean {
  if (known === path || known.startsWith(`${path}.`)) return true;
  return known.endsWith('.*') && path.startsWith(known.slice(0, -1));
}

/** The path that a value was read from; `undefined` for what was computed. */
type Origin = string | undefined;

interface Places {
  readonly variables: ReadonlyMap<string, Origin>;
  readonly items: readonly Origin[];
}

class Inspector {
  private readonly fields = new Map<string, FieldUse>();
  private readonly segments = new Set<string>();
  private readonly paths = new Map<Expression, string>();
  private readonly variables = new Set<Expression>();
  private readsTime = false;

  origins(): Origins {
    return { pathOf: (node) => this.paths.get(node), isVariable: (node) => this.variables.has(node) };
  }

  result(): PqlInspection {
    const fields = [...this.fields.values()];
    const reads = (root: string): boolean => fields.some(({ path }) => path === root || path.startsWith(`${root}.`));
    const { segments, readsTime } = this;
    return { fields, segments: [...segments], readsTime, readsEvents: reads('xEvent'), readsContext: reads('context') };
  }

  visit(node: Expression, places: Places): Origin {
    switch (node.kind) {
      case 'literal':
        return undefined;
      case 'root':
        return '';
      case 'list':
        return this.all(node.items, places);
      case 'name':
        if (node.up === 0 && places.variables.has(node.name)) this.variables.add(node);
        return this.use(this.originOf(node.name, node.up, places), node);
      case 'field':
        return this.use(this.pathOf(node, places), node);
      case 'not':
      case 'negate':
        return this.all([node.of], places);
      case 'and':
      case 'or':
        return this.all(node.of, places);
      case 'compare':
        return this.all([node.left, node.right], places);
      case 'arithmetic':
        return this.all([node.first, ...node.rest.map(({ operand }) => operand)], places);
      case 'call':
        return this.visitCall(node, places);
      case 'filter':
        return this.visitPerItem(node.of, [node.where], places);
      case 'moment':
      case 'period':
        this.readsTime = true;
        return undefined;
      case 'occurs':
        this.visit(node.of, places);
        return this.visitWhen(node.when, places);
      case 'quantifier':
        return this.visitSources(node.sources, places).origin;
      case 'aggregate':
        this.visit(node.value, this.visitSources([node.source], places).places);
        return undefined;
      case 'let':
        return this.visit(node.body, withVariable(places, node.variable, this.visit(node.value, places)));
      case 'lambda':
        return this.visit(node.body, withVariable(places, node.parameter, places.items.at(-1) ?? ''));
      case 'chain':
        return this.visitChain(node, places);
    }
  }

  private all(nodes: readonly Expression[], places: Places): undefined {
    for (const node of nodes) this.visit(node, places);
    return undefined;
  }

  private use(path: Origin, node: Expression): Origin {
    if (path) this.paths.set(node, path);
    if (path && !this.fields.has(path)) this.fields.set(path, { path, at: node.at });
    return path;
  }

  private originOf(name: string, up: number, places: Places): Origin {
    if (up === 0 && places.variables.has(name)) return places.variables.get(name);
    if (name === 'xEvent') return name;
    const { items } = places;
    return up < items.length ? join(items[items.length - 1 - up], [name]) : name;
  }

  private pathOf(node: Extract<Expression, { kind: 'field' }>, places: Places): Origin {
    const { of } = node;
    const origin = of.kind === 'name' ? this.originOf(of.name, of.up, places) : this.visit(of, places);
    return join(origin, node.path);
  }

  private visitCall(node: Extract<Expression, { kind: 'call' }>, places: Places): Origin {
    const [first, ...rest] = node.arguments;
    if (node.function === 'inSegment' && first?.kind === 'literal') this.segments.add(String(first.value));
    if (node.function.startsWith('current')) this.readsTime = true;
    if (!first) return undefined;
    if (node.function === 'get' && rest[0]?.kind === 'literal') {
      return join(this.visit(first, places), [String(rest[0].value)]);
    }
    if (findFunction(node.function)?.perItem === undefined) {
      const origin = this.visit(first, places);
      this.all(rest, places);
      return node.function === 'head' || node.function === 'distinct' ? origin : undefined;
    }
    const origin = this.visitPerItem(first, rest, places);
    return KEEPING_ITEMS.has(node.function) ? origin : undefined;
  }

  private visitPerItem(list: Expression, asked: readonly Expression[], places: Places): Origin {
    const origin = this.visit(list, places);
    this.all(asked, { variables: places.variables, items: [...places.items, origin] });
    return origin;
  }

  private visitSources(
    sources: readonly Source[],
    outer: Places,
  ): { readonly places: Places; readonly origin: Origin } {
    let places = outer;
    let first: Origin;
    for (const { variable, from, where } of sources) {
      const origin = this.visit(from, places);
      first ??= origin;
      places = withVariable(places, variable, origin);
      if (where) this.visit(where, places);
    }
    return { places, origin: first };
  }

  private visitWhen(when: TimeCondition, places: Places): undefined {
    return this.all(when.kind === 'between' ? [when.low, when.high] : [when.reference], places);
  }

  private visitChain(node: Chain, places: Places): undefined {
    const origin = this.visit(node.events, places);
    const inner: Places = { variables: places.variables, items: [...places.items, origin] };
    this.visit(node.timestamp, inner);
    node.steps.forEach(({ what, when }, index) => {
      this.visit(what, inner);
      const before = node.steps.slice(0, index);
      const labels = new Map(before.filter((step) => findAnchor(named(step), before) >= 0).map(labelled));
      if (when) this.visitWhen(when, { ...places, variables: new Map([...places.variables, ...labels]) });
    });
    return undefined;
  }
}

const KEEPING_ITEMS: ReadonlySet<string> = new Set(['filter', 'select', 'topN', 'bottomN']);

const labelled = ({ label }: { label: string }): [string, Origin] => [label, undefined];

const named = ({ label, at }: { label: string; at: Position }): Expression => ({
  kind: 'name',
  name: label,
  up: 0,
  at,
});

function withVariable(places: Places, variable: string, origin: Origin): Places {
  return { variables: new Map(places.variables).set(variable, origin), items: places.items };
}

function join(origin: Origin, path: readonly string[]): Origin {
  return origin === undefined ? undefined : [origin, ...path].filter((part) => part !== '').join('.');
}
