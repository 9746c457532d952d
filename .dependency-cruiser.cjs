/** The import rules of the layout: the folder says when the code runs and what it may know. */
const only = (name, from, to, extra = {}) => ({
  name,
  severity: 'error',
  from: { path: from, ...extra },
  to: { pathNot: to, dependencyTypesNot: ['core', 'type-only'] },
});

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('domain-is-pure', '^src/(batch|models|prompts|openai)/', '^src/(errors\\.ts|$1/)|node_modules/zod'),
    only(
      'data-knows-the-domain',
      '^src/data/',
      '^src/(errors\\.ts|data/|batch/)|node_modules/(apache-arrow|papaparse|hyparquet|hyparquet-compressors|hyparquet-writer)',
    ),
    only(
      'only-aws-imports-the-sdk',
      '^src/aws/',
      '^src/(errors\\.ts|aws/|batch/|models/|data/)|node_modules/(@aws-sdk|@smithy)',
    ),
    only('steps-use-interfaces', '^src/steps/', '^src/(errors\\.ts|steps/|batch/|models/|prompts/|data/)'),
    only(
      'lib-is-cdk',
      '^lib/',
      '^lib/|^src/(batch/keys|models/catalog|batch/limits)|node_modules/(aws-cdk-lib|constructs|cdk-nag)',
    ),
    only('local-stands-alone', '^src/local/', '^src/local/|node_modules/', {
      pathNot: '^src/local/bedrock/',
    }),
    only('local-bedrock-knows-models', '^src/local/bedrock/', '^src/local/|^src/models/|node_modules/'),
    only(
      'lambda-wires',
      '^lambda/',
      '^lambda/|^src/(errors\\.ts|aws|steps|batch|models|prompts|data)|node_modules/@aws-lambda-powertools',
    ),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    parser: 'swc',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
