/**
 * The import rules of the layout: the folder says when the code runs and what it may know. `allowed` lists all that a folder may
 * import besides Node's own modules. Files named here one by one hold nothing but types.
 */
const only = (name, from, allowed, { pathNot } = {}) => ({
  name,
  severity: 'error',
  from: { path: from, ...(pathNot === undefined ? {} : { pathNot }) },
  to: { pathNot: `^(${allowed.join('|')})`, dependencyTypesNot: ['core'] },
});

const npm = (...names) => `node_modules/(${names.join('|')})/`;
const errors = 'src/errors\\.ts';
const domain = ['src/batch/', 'src/models/', 'src/prompts/'];
const interfaces = 'src/steps/collaborators\\.ts';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('batch', '^src/batch/', [errors, 'src/batch/', 'src/models/types\\.ts', npm('zod', 'leven')]),
    only('models', '^src/models/', [errors, 'src/models/', npm('zod')]),
    only('prompts', '^src/prompts/', [errors, 'src/prompts/', 'src/models/types\\.ts']),
    only('data', '^src/data/', [
      ...[errors, ...domain, 'src/data/'],
      npm('apache-arrow', 'papaparse', '@types/papaparse', 'hyparquet', 'hyparquet-compressors', 'hysnappy'),
      npm('@huggingface', 'yaml'),
    ]),
    only('aws', '^src/aws/', [
      errors,
      ...domain,
      'src/data/byte-source\\.ts',
      interfaces,
      'src/aws/',
      npm('@aws-sdk', '@smithy'),
    ]),
    only('steps', '^src/steps/', [errors, ...domain, 'src/data/', 'src/steps/']),
    only('lambda', '^lambda/', [
      errors,
      'src/aws/',
      'src/data/hugging-face/hub\\.ts',
      'src/steps/',
      'lambda/',
      npm('@aws-lambda-powertools', '@types/aws-lambda'),
    ]),
    only('lib', '^lib/', [
      ...['src/batch/(keys|chunk-plan)\\.ts', 'src/models/catalog\\.ts', errors, 'lib/'],
      npm('aws-cdk-lib', 'constructs', 'leven'),
    ]),
    only('local', '^src/local/', ['src/local/', 'node_modules/'], { pathNot: '^src/local/bedrock/' }),
    only('local-bedrock', '^src/local/bedrock/', ['src/local/', 'src/models/', 'node_modules/']),
    {
      name: 'sdk-only-in-aws',
      comment: 'bin/ and the local AWS are outside of what is deployed.',
      severity: 'error',
      from: { path: '^(lib|lambda|bin|src)/', pathNot: '^src/(aws|local)/' },
      to: { path: 'node_modules/@aws-sdk/' },
    },
    {
      name: 'only-bin-and-lambda-choose',
      severity: 'error',
      from: { path: '^(lib|src)/', pathNot: '^src/aws/' },
      to: { path: '^src/aws/' },
    },
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
