import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { STACK_NAME } from '../../../bin/stack-name.ts';
import { type Assembly, readAssembly, type Template } from '../../../src/local/template/assembly.ts';
import { knownProperties } from '../../../src/local/template/known-properties.ts';
import { resolveStack, type StackResource } from '../../../src/local/template/resources.ts';

const account = { account: '123456789012', region: 'us-east-1', partition: 'aws' };
let assembly: Assembly;
let temporary: string | undefined;

/** What the tests of the stack share, if they run too; otherwise a synthesis of its own, without its bundles. */
beforeAll(async () => {
  const shared = process.env['CDK_ASSEMBLY'];
  if (shared === undefined) temporary = await synthesizedWithoutBundles();
  assembly = await readAssembly(shared ?? temporary ?? '', STACK_NAME);
});
afterAll(async () => {
  if (temporary !== undefined) await rm(temporary, { recursive: true });
});

async function synthesizedWithoutBundles(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'synthesized-'));
  const { context } = JSON.parse(await readFile('cdk.json', 'utf8')) as { readonly context: object };
  const CDK_CONTEXT_JSON = JSON.stringify({ ...context, 'aws:cdk:bundling-stacks': [] });
  await promisify(execFile)(process.execPath, ['--import', 'tsx', 'bin/app.ts'], {
    env: { ...process.env, CDK_OUTDIR: directory, CDK_CONTEXT_JSON },
  });
  return directory;
}

type Change = (resource: { Properties: Record<string, unknown> }) => void;

function resolvedWith(logicalId: string, change: Change): () => unknown {
  const template = structuredClone(assembly.template);
  change(template.Resources[logicalId] as unknown as Parameters<Change>[0]);
  return () => resolveStack({ ...assembly, template: template as Template }, account);
}

/** One resource of each type that the template has. */
const oneOfEach = (): readonly StackResource[] => [
  ...new Map(resolveStack(assembly, account).resources.map((each) => [each.type, each])).values(),
];

test('the synthesized template is known whole', () => {
  expect(resolveStack(assembly, account).resources.length).toBeGreaterThan(50);
});

test('a property that nobody knows is refused of every type of resource', () => {
  for (const { logicalId, type } of oneOfEach()) {
    const change: Change = ({ Properties }) => void Object.assign(Properties, { Bogus: 1 });
    expect(resolvedWith(logicalId, change)).toThrow(
      `The local AWS does not know the property Bogus of ${logicalId} (${type}).`,
    );
  }
});

/** Every object below a property, with its path; what is free in form is left out. */
function objectsIn(value: unknown, path: string, free: ReadonlySet<string>): readonly [string, object][] {
  if (free.has(`${path}.*`) || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap((item) => objectsIn(item, path, free));
  const inner = Object.entries(value).flatMap(([name, item]) => objectsIn(item, `${path}.${name}`, free));
  return isIntrinsic(value) ? [] : [[path, value], ...inner];
}

const isIntrinsic = (value: object): boolean => /^(Ref|Fn::)/.test(Object.keys(value)[0] ?? '');

test('a property that nobody knows is refused at every depth', () => {
  const refused = Object.entries(assembly.template.Resources).flatMap(([logicalId, { Type, Properties }]) => {
    const free = new Set(knownProperties[Type]?.heeded);
    const within = (properties: object) =>
      Object.entries(properties).flatMap(([name, value]) => objectsIn(value, name, free));
    return within(Properties ?? {}).map(([path], index) => {
      const change: Change = (resource) =>
        void Object.assign(within(resource.Properties)[index]?.[1] ?? {}, { Bogus: 1 });
      expect(resolvedWith(logicalId, change)).toThrow(`property ${path}.Bogus of ${logicalId} (${Type}).`);
      return `${Type} ${path}`;
    });
  });
  expect(refused).toEqual(
    expect.arrayContaining([
      'AWS::DynamoDB::Table GlobalSecondaryIndexes.Projection',
      'AWS::Events::Rule Targets.DeadLetterConfig',
      'AWS::Lambda::Function Code',
      'AWS::Lambda::Function DeadLetterConfig',
      'AWS::S3::Bucket LifecycleConfiguration.Rules.AbortIncompleteMultipartUpload',
      'AWS::StepFunctions::StateMachine LoggingConfiguration.Destinations.CloudWatchLogsLogGroup',
    ]),
  );
});

/** What AWS would do, and nothing here does. */
const refusals: readonly (readonly [type: string, properties: object, said: string])[] = [
  ['AWS::Lambda::Function', { Layers: ['arn'] }, 'property Layers'],
  ['AWS::Lambda::Function', { VpcConfig: { SubnetIds: ['s'] } }, 'property VpcConfig'],
  ['AWS::Lambda::Function', { FileSystemConfigs: [{ Arn: 'a' }] }, 'property FileSystemConfigs'],
  ['AWS::Lambda::Function', { SnapStart: { ApplyOn: 'None' } }, 'property SnapStart'],
  ['AWS::Lambda::Function', { ImageConfig: {} }, 'property ImageConfig'],
  ['AWS::Lambda::Function', { PackageType: 'Image' }, 'value "Image" (it knows Zip) of PackageType'],
  ['AWS::Lambda::Function', { Runtime: 'nodejs22.x' }, 'value "nodejs22.x" (it knows nodejs24.x) of Runtime'],
  ['AWS::Lambda::Function', { Runtime: 'python3.14' }, 'of Runtime'],
  [
    'AWS::Lambda::Function',
    { Architectures: ['riscv'] },
    'value "riscv" (it knows arm64, x86_64) of Architectures',
  ],
  ['AWS::Lambda::Function', { Code: { ZipFile: 'x' } }, 'property Code.ZipFile'],
  ['AWS::Lambda::Function', { Environment: { Secrets: {} } }, 'property Environment.Secrets'],
  ['AWS::Lambda::Function', { LoggingConfig: { LogFormat: 'JSON' } }, 'value "JSON"'],
  ['AWS::S3::Bucket', { NotificationConfiguration: {} }, 'property NotificationConfiguration'],
  ['AWS::S3::Bucket', { ReplicationConfiguration: {} }, 'property ReplicationConfiguration'],
  [
    'AWS::S3::Bucket',
    { LifecycleConfiguration: { Rules: [{ ExpirationInDays: 1 }] } },
    'property LifecycleConfiguration.Rules.ExpirationInDays',
  ],
  ['AWS::S3::Bucket', { VersioningConfiguration: { Status: 'On' } }, 'value "On"'],
  [
    'AWS::DynamoDB::Table',
    { StreamSpecification: { StreamViewType: 'KEYS_ONLY' } },
    'property StreamSpecification',
  ],
  ['AWS::IAM::Role', { PermissionsBoundary: 'arn' }, 'property PermissionsBoundary'],
  ['AWS::IAM::Policy', { Users: ['u'] }, 'property Users'],
  [
    'AWS::StepFunctions::StateMachine',
    { StateMachineType: 'EXPRESS' },
    'value "EXPRESS" (it knows STANDARD)',
  ],
  ['AWS::StepFunctions::StateMachine', { DefinitionSubstitutions: {} }, 'property DefinitionSubstitutions'],
  ['AWS::SQS::Queue', { FifoQueue: true }, 'property FifoQueue'],
  ['AWS::SQS::Queue', { RedrivePolicy: {} }, 'property RedrivePolicy'],
  ['AWS::Events::Rule', { EventBusName: 'bus' }, 'property EventBusName'],
  ['AWS::Events::Rule', { State: 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' }, 'of State'],
  ['AWS::Lambda::Permission', { PrincipalOrgID: 'o-1' }, 'property PrincipalOrgID'],
  ['AWS::Logs::LogGroup', { DataProtectionPolicy: {} }, 'property DataProtectionPolicy'],
  ['AWS::CloudWatch::Alarm', { Tag: [] }, 'property Tag '],
];

test.each(refusals)('%s with %j', (type, properties, said) => {
  const [logicalId = ''] =
    Object.entries(assembly.template.Resources).find(([, { Type }]) => Type === type) ?? [];
  const change: Change = (resource) => void Object.assign(resource.Properties, properties);
  expect(resolvedWith(logicalId, change)).toThrow(said);
});
