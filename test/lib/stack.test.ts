import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { STACK_NAME } from '../../bin/stack-name.ts';
import cdkJson from '../../cdk.json';
import { BedrockBatchStack } from '../../lib/stack.ts';
import { synthesized } from '../setup/assembly.ts';

let template: Template;

beforeAll(async () => {
  template = Template.fromJSON(
    structuredClone((await synthesized()).template) as unknown as Record<string, unknown>,
  );
});

/** The stack with other context, without bundling its functions again. */
function withContext(context: Record<string, unknown>): Template {
  const flags = { ...cdkJson.context, 'aws:cdk:bundling-stacks': [] };
  return Template.fromStack(
    new BedrockBatchStack(new App({ context: { ...flags, ...context } }), STACK_NAME),
  );
}

const definitionText = (of: Template) => JSON.stringify(of.findResources('AWS::StepFunctions::StateMachine'));

test('the outputs of the contract are there', () => {
  expect(Object.keys(template.findOutputs('*')).sort()).toEqual(['bucketName', 'stepFunctionName']);
});

test('every function runs on nodejs24.x and arm64, as an ES module that names its source map', async () => {
  const { assetDirectory } = await synthesized();
  const functions = Object.values(template.findResources('AWS::Lambda::Function'));
  expect(functions).toHaveLength(11);
  for (const { Properties } of functions) {
    expect(Properties).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
    });
    expect(Properties.Environment.Variables.NODE_OPTIONS).toBe('--enable-source-maps');
    const directory = assetDirectory(Properties.Code.S3Key);
    expect(await readFile(join(directory, 'index.mjs'), 'utf8')).toMatch(
      /\/\/# sourceMappingURL=index\.mjs\.map\s*$/,
    );
    expect((await stat(join(directory, 'index.mjs'))).size).toBeLessThan(1.5 * 1024 * 1024);
  }
});

test('data is encrypted, private, versioned, logged, and stays when the stack goes', () => {
  const buckets = Object.values(template.findResources('AWS::S3::Bucket'));
  expect(buckets).toHaveLength(2);
  for (const { Properties, DeletionPolicy } of buckets) {
    expect(DeletionPolicy).toBe('Retain');
    expect(Object.values(Properties.PublicAccessBlockConfiguration)).toEqual([true, true, true, true]);
    expect(Properties.BucketEncryption).toBeDefined();
  }
  template.hasResourceProperties('AWS::S3::Bucket', {
    VersioningConfiguration: { Status: 'Enabled' },
    LoggingConfiguration: { DestinationBucketName: Match.anyValue() },
  });
  template.allResourcesProperties('AWS::S3::BucketPolicy', {
    PolicyDocument: {
      Statement: Match.arrayWith([
        Match.objectLike({ Effect: 'Deny', Condition: { Bool: { 'aws:SecureTransport': 'false' } } }),
      ]),
    },
  });
});

test('the inventory is found by the job’s name, billed by use, and can be restored', () => {
  template.hasResourceProperties('AWS::DynamoDB::Table', {
    KeySchema: [{ AttributeName: 'job_name', KeyType: 'HASH' }],
    BillingMode: 'PAY_PER_REQUEST',
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
  });
});

test('the rule hears of Bedrock’s job status changes and calls one function', () => {
  template.hasResourceProperties('AWS::Events::Rule', {
    EventPattern: { source: ['aws.bedrock'], 'detail-type': ['Batch Inference Job State Change'] },
    State: 'ENABLED',
    Targets: [{ Arn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^JobEventsJobEvent'), 'Arn'] } }],
  });
});

test('Preprocess may read the secret that the context names, and no function may read one where it names none', () => {
  const withSecret = withContext({
    huggingFaceTokenSecretName: 'hf/token',
    huggingFaceEndpoint: 'https://hf.example.org/',
  });
  withSecret.hasResourceProperties('AWS::Lambda::Function', {
    Environment: {
      Variables: { HF_TOKEN_SECRET_NAME: 'hf/token', HF_ENDPOINT: 'https://hf.example.org' },
    },
  });
  const policies = withSecret.findResources('AWS::IAM::Policy');
  const secrets = Object.entries(policies).filter(([, policy]) => JSON.stringify(policy).includes('secret'));
  expect(secrets).toEqual([[expect.stringMatching(/^StepsPreprocess/), expect.anything()]]);
  expect(JSON.stringify(secrets)).toContain(':secret:hf/token-??????');
  expect(JSON.stringify(secrets).match(/secretsmanager:\w+/g)).toEqual(['secretsmanager:GetSecretValue']);
  expect(JSON.stringify(withContext({}))).not.toContain('secretsmanager');
});

describe('context', () => {
  const cases: readonly [string, Record<string, unknown>, string][] = [
    [
      'maxSubmittedAndInProgressJobs bounds the Distributed Map',
      { maxSubmittedAndInProgressJobs: 7 },
      '\\"MaxConcurrency\\":7',
    ],
    [
      'maxConcurrentJobs is its alias, from the command line as text',
      { maxConcurrentJobs: '9' },
      '\\"MaxConcurrency\\":9',
    ],
    ['a job may take its hours and one more', { bedrockBatchInferenceTimeoutHours: 48 }, ': 176400 %}\\"'],
  ];

  test.each(cases)('%s', (_, context, expected) => {
    expect(definitionText(withContext(context))).toContain(expected);
  });

  test('memory and record limits reach the functions', () => {
    const changed = withContext({
      preprocessFunctionMemoryMb: 1024,
      postprocessFunctionMemoryMb: 2048,
      maxRecordsPerJob: 500,
      maxTotalRecords: 9000,
    });
    const functions = changed.findResources('AWS::Lambda::Function');
    const propertiesOf = (id: string) =>
      Object.entries(functions).find(([logicalId]) => logicalId.startsWith(`Steps${id}`))?.[1].Properties;
    expect(propertiesOf('Preprocess')).toMatchObject({
      MemorySize: 1024,
      Environment: { Variables: { MAX_RECORDS_PER_JOB: '500', MAX_TOTAL_RECORDS: '9000' } },
    });
    expect(propertiesOf('Postprocess').MemorySize).toBe(2048);
  });

  const refused: readonly [Record<string, unknown>, string][] = [
    [
      { maxSubmittedAndInProgressJobs: 0 },
      'maxSubmittedAndInProgressJobs must be an integer from 1 to 4000, got 0.',
    ],
    [{ maxConcurrentJobs: 'many' }, 'maxConcurrentJobs must be an integer from 1 to 4000, got "many".'],
    [
      { preprocessFunctionMemoryMb: 64 },
      'preprocessFunctionMemoryMb must be an integer from 128 to 10240, got 64.',
    ],
    [
      { bedrockBatchInferenceTimeoutHours: 12 },
      'bedrockBatchInferenceTimeoutHours must be an integer from 24 to 168, got 12.',
    ],
  ];

  test.each(refused)('%j is refused', (context, sentence) => {
    expect(() => withContext(context)).toThrow(`Cannot synthesize the stack: the context value ${sentence}`);
  });
});
