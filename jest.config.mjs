// Native ES modules (scripts/test.mjs passes --experimental-vm-modules), so that tests load what production loads.
const base = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', {}] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/\\.dist-'],
};

export default {
  maxWorkers: 2,
  testTimeout: 60_000,
  // not in the temporary directory: that of a test run is deleted with it
  cacheDirectory: 'node_modules/.cache/jest',
  reporters: ['default', '<rootDir>/scripts/summary-reporter.mjs'],
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['<rootDir>/{libs,src}/**/*.spec.ts'],
    },
    {
      // need the servers that `npm test` starts
      ...base,
      displayName: 'integration',
      testMatch: ['<rootDir>/test/{integration,e2e,faults}/**/*.spec.ts'],
      setupFiles: ['<rootDir>/test/support/quiet.ts'],
    },
  ],
};
