/** The arrows of docs/architecture.md, enforced: platform ← flow ← subgraphs/* ← app; gateway → platform; app → all. */
const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });
module.exports = {
  forbidden: [
    forbid('no-cycles', 'A cycle has no first room to read.', {}, { circular: true }),
    forbid(
      'platform-stands-alone',
      'platform imports nothing above it.',
      { path: '^platform/' },
      { path: '^(flow|subgraphs|gateway|app)/' },
    ),
    forbid(
      'flow-on-platform',
      'flow imports platform alone.',
      { path: '^flow/' },
      { path: '^(subgraphs|gateway|app)/' },
    ),
    forbid(
      'subgraphs-below-app',
      'A subgraph knows neither gateway nor app.',
      { path: '^subgraphs/' },
      { path: '^(gateway|app)/' },
    ),
    forbid(
      'no-subgraph-to-subgraph',
      'Subgraphs meet in flow only.',
      { path: '^subgraphs/([^/]+)/' },
      { path: '^subgraphs/', pathNot: '^subgraphs/$1/' },
    ),
    forbid(
      'gateway-on-platform',
      'The gateway imports no subgraph.',
      { path: '^gateway/' },
      { path: '^(flow|subgraphs|app)/' },
    ),
    forbid(
      'one-door',
      "A subgraph's index.ts is its only door.",
      { path: '^app/' },
      { path: '^subgraphs/[^/]+/(?!index\\.ts$)' },
    ),
    forbid(
      'domain-is-pure',
      'domain imports domain, shared vocabulary, errors, ids, bisection and PQL.',
      { path: '^subgraphs/([^/]+)/domain/' },
      { path: '^(subgraphs/$1/(use-cases|store|schema|reactions|index)|platform/(?!errors|ids|bisect|pql/))' },
    ),
    forbid(
      'store-knows-domain',
      'A subgraph store knows domain and the platform store.',
      { path: '^subgraphs/([^/]+)/store/' },
      { path: '^subgraphs/$1/(use-cases|schema|reactions|index)' },
    ),
    forbid(
      'use-cases-below-schema',
      'Use cases know no schema.',
      { path: '^subgraphs/([^/]+)/use-cases/' },
      { path: '^subgraphs/$1/(schema|reactions|index)' },
    ),
    forbid(
      'engines-only-in-store',
      'Only store engines see database drivers.',
      { pathNot: '^platform/store/' },
      { path: 'node_modules/(mongodb|@photostructure/sqlite)/' },
    ),
    forbid(
      'graphql-at-the-edge',
      'Only schema, gateway and platform/graphql see graphql.',
      { pathNot: '^(gateway/|platform/graphql/|subgraphs/[^/]+/(schema/|index)|app/)' },
      { path: 'node_modules/(graphql|type-graphql|@apollo)/' },
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|test|bench)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.json'] },
  },
};
