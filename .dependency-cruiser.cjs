/** The arrows of the design: features → runtime, jobs → persistence, platform → engine. */

const layer = (name, from, allowed, { libs = [] } = {}) => ({
  name,
  severity: 'error',
  from: { path: from, pathNot: '\\.spec\\.ts$' },
  to: {
    path: '^(src|libs|migrations|test)/',
    pathNot: [from, ...allowed, ...libs],
  },
});

const ENGINE = '^libs/engine/';
const PLATFORM = '^libs/platform/';
const PERSISTENCE = '^libs/persistence/';
const RUNTIME = '^libs/runtime/';
const JOBS = '^libs/jobs/';
const ACCESS = '^libs/access/';
const AUDIT = '^libs/audit/';
const NOTIFICATIONS = '^libs/notifications/';

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'resolves',
      comment:
        'The benches load the build, which a fresh clone does not have yet, and Restate where it is installed.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '/dist/|^@restatedev/' },
    },
    {
      name: 'engine-is-pure',
      comment:
        'No framework, no database, no input or output: time, ids and facts come in as arguments.',
      severity: 'error',
      from: { path: ENGINE, pathNot: '\\.spec\\.ts$' },
      to: { pathNot: [ENGINE, '^node_modules/(temporal-polyfill|re2js)/'] },
    },
    layer('platform-uses-engine', PLATFORM, [ENGINE]),
    layer('persistence-uses-engine-config-tenancy-ambient', PERSISTENCE, [
      ENGINE,
      '^libs/platform/(ambient|config|tenancy)/',
      '^migrations/',
    ]),
    layer('jobs-use-persistence-and-platform', JOBS, [ENGINE, PLATFORM, PERSISTENCE]),
    layer('audit-uses-jobs-persistence-platform', AUDIT, [ENGINE, PLATFORM, PERSISTENCE, JOBS]),
    layer('access-uses-jobs-persistence-platform', ACCESS, [ENGINE, PLATFORM, PERSISTENCE, JOBS]),
    layer('notifications-use-jobs-persistence-platform', NOTIFICATIONS, [
      ENGINE,
      PLATFORM,
      PERSISTENCE,
      JOBS,
    ]),
    layer('runtime-uses-jobs-persistence-platform', RUNTIME, [
      ENGINE,
      PLATFORM,
      PERSISTENCE,
      JOBS,
      AUDIT,
      NOTIFICATIONS,
    ]),
    layer('migrations-stand-alone', '^migrations/', []),
    {
      name: 'product-knows-no-tests',
      severity: 'error',
      from: { path: '^(src|libs|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: { path: ['^test/', '\\.spec\\.ts$'] },
    },
    {
      name: 'product-needs-no-dev-dependency',
      severity: 'error',
      from: { path: '^(src|libs|migrations)/', pathNot: '\\.spec\\.ts$' },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm', 'type-only'],
      },
    },
    {
      name: 'feature-uses-feature-by-its-service',
      comment:
        'Of another feature only the module and an exported service, never its queries, jobs or controllers.',
      severity: 'error',
      from: { path: '^src/([^/]+)/', pathNot: '\\.spec\\.ts$' },
      to: {
        path: '^src/[^/]+/',
        pathNot: ['^src/$1/', '\\.(module|service|dto|errors)\\.ts$'],
      },
    },
    {
      name: 'no-index-from-inside',
      comment: 'A folder’s public face is for others: imported from inside it makes cycles.',
      severity: 'error',
      from: { path: '^(libs/(?:engine|platform|access)/[^/]+|libs/[^/]+)/' },
      to: { path: '^$1/index\\.ts$' },
    },
    {
      name: 'by-the-public-face',
      comment: 'From another folder of libs/ only its index.ts.',
      severity: 'error',
      from: { path: '^(libs/(?:engine|platform|access)/[^/]+|libs/[^/]+|src|test)/' },
      to: { path: '^libs/', pathNot: ['^$1/', '/index\\.ts$'] },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.d.ts'],
    },
  },
};
