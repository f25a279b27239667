/** Native ES modules (run with NODE_OPTIONS=--experimental-vm-modules), so that tests load what production loads. */
const base = {
  rootDir: import.meta.dirname,
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '^.+\\.ts$': ['@swc/jest', {}] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};

export default {
  reporters: ['default'],
  projects: [
    { ...base, displayName: 'unit', testMatch: ['<rootDir>/{libs,src}/**/*.spec.ts'] },
  ],
};
