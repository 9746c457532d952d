/** Packages published as ES modules only; jest runs CommonJS, so they are transformed too. */
const esModules = [
  'hyparquet',
  'hyparquet-compressors',
  'hyparquet-writer',
  'hysnappy',
  'fzstd',
  'leven',
  'log-update',
];

// The SDK warns that it will leave Node 20 one day; that is no news in every test file.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

const shared = {
  testEnvironment: 'node',
  transform: {
    '^.+\\.(ts|mjs|js)$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'commonjs' } },
    ],
  },
  transformIgnorePatterns: [`node_modules/(?!(${esModules.join('|')})/)`],
};

/** Tests of what is deployed; they share one synthesis of the stack. */
const ofTheStack = [
  '<rootDir>/test/lib/**/*.test.ts',
  '<rootDir>/test/e2e/**/*.test.ts',
  '<rootDir>/test/static/**/*.test.ts',
  '<rootDir>/test/faults/**/*.test.ts',
];

/** @type {import('jest').Config} */
const config = {
  testTimeout: 60_000,
  // Of two cores jest would leave one to others.
  maxWorkers: '100%',
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['<rootDir>/test/(lib|e2e|static|faults)/'],
    },
    {
      ...shared,
      displayName: 'stack',
      testMatch: ofTheStack,
      globalSetup: '<rootDir>/test/setup/synthesize-once.ts',
    },
  ],
};

export default config;
