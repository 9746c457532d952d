import { functionConfigs } from '../../../src/local/template/functions.ts';
import { resolveStack, type StackResources } from '../../../src/local/template/resources.ts';
import { tableDefinition } from '../../../src/local/template/tables.ts';

const account = { account: '123456789012', region: 'us-east-1', partition: 'aws' };

type Resources = Readonly<Record<string, object>>;

function resolved(Resources: Resources, more: object = {}): StackResources {
  const template = { Resources, ...more } as Parameters<typeof resolveStack>[0]['template'];
  return resolveStack({ stackName: 'Stack', template, assetDirectory: (key) => key }, account);
}

const queue = (more: object = {}) => ({ Type: 'AWS::SQS::Queue', ...more });
const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const about = (value: unknown) => ({ Type: 'AWS::SQS::Queue', Metadata: {}, Properties: { Tags: value } });
const tag = (Value: unknown) => about([{ Key: 'k', Value }]);

/** A machine that calls a function that may know of the machine: the machine's role must know the function. */
const machineAndFunction = (environment: object): Resources => ({
  Role: { Type: 'AWS::IAM::Role', Properties: { RoleName: 'r', AssumeRolePolicyDocument: {} } },
  Policy: {
    Type: 'AWS::IAM::Policy',
    Properties: {
      ...{ PolicyName: 'p', Roles: [{ Ref: 'Role' }] },
      PolicyDocument: {
        Statement: [{ Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: arnOf('Worker') }],
      },
    },
  },
  Worker: { Type: 'AWS::Lambda::Function', Properties: { Environment: { Variables: environment } } },
  Machine: {
    ...{ Type: 'AWS::StepFunctions::StateMachine', DependsOn: ['Policy'] },
    Properties: { RoleArn: arnOf('Role'), DefinitionString: '{}' },
  },
});

describe('resources that wait for each other', () => {
  test.each<[string, Resources, string]>([
    ['by itself', { A: queue({ DependsOn: 'A' }) }, '[A]'],
    ['by an order', { A: queue({ DependsOn: ['B'] }), B: queue({ DependsOn: 'A' }) }, '[A, B]'],
    [
      'by values',
      { A: tag(arnOf('B')), B: tag({ Ref: 'C' }), C: tag({ 'Fn::Sub': 'x${A.Arn}' }) },
      '[A, B, C]',
    ],
    ['further on', { X: tag({ Ref: 'A' }), A: tag({ Ref: 'B' }), B: tag({ Ref: 'A' }) }, '[A, B]'],
    ['in variables of a text', { A: tag({ 'Fn::Sub': ['${x}', { x: { Ref: 'A' } }] }) }, '[A]'],
    ['in a name', { A: queue({ Properties: { QueueName: { Ref: 'A' } } }) }, '[A]'],
    ['in what holds', { A: tag({ 'Fn::If': ['Here', { Ref: 'A' }, 'x'] }) }, '[A]'],
    [
      'as a function that is called and starts',
      machineAndFunction({ MACHINE: { Ref: 'Machine' } }),
      '[Policy, Worker, Machine]',
    ],
  ])('%s', (_, resources, circle) => {
    expect(() => resolved(resources, conditions)).toThrow(
      `Circular dependency between resources: ${circle}.`,
    );
  });

  test.each<[string, Resources]>([
    ['one that two wait for', { A: tag({ Ref: 'C' }), B: queue({ DependsOn: ['A', 'C'] }), C: queue() }],
    ['what does not hold', { A: tag({ 'Fn::If': ['Here', 'x', { Ref: 'A' }] }) }],
    ['what is not there', { A: queue({ DependsOn: 'B' }), B: queue({ DependsOn: 'A', Condition: 'Not' }) }],
    ['a name that is written out', { A: tag({ 'Fn::Sub': ['${!A} ${A}', { A: 'own' }] }) }],
    ['a function by its name', machineAndFunction({ MACHINE: { 'Fn::Sub': '${AWS::StackName}-run' } })],
  ])('%s is no circle', (_, resources) => {
    expect(resolved(resources, conditions).resources.length).toBeGreaterThan(0);
  });

  const conditions = {
    Conditions: {
      Here: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
      Not: { 'Fn::Not': [{ Condition: 'Here' }] },
    },
  };
});

const named = (Type: string, Properties: object) => ({ A: { Type, Properties } });

test.each<[string, Resources, string]>([
  [
    'one name for two buckets',
    {
      ...named('AWS::S3::Bucket', { BucketName: 'data' }),
      B: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'data' } },
    },
    'Cannot create B: BucketName must be its own, A has it.',
  ],
  ['a bucket', named('AWS::S3::Bucket', { BucketName: 'Data' }), 'A: BucketName must match'],
  ['a bucket', named('AWS::S3::Bucket', { BucketName: 'a..b' }), 'A: BucketName must match'],
  ['a function', named('AWS::Lambda::Function', { FunctionName: 'f'.repeat(65) }), 'A: FunctionName must'],
  ['a table', named('AWS::DynamoDB::Table', { TableName: 'ab' }), 'A: TableName must match'],
  ['a queue', named('AWS::SQS::Queue', { QueueName: 'a.b' }), 'A: QueueName must match'],
  ['a rule', named('AWS::Events::Rule', { Name: 'a b' }), 'A: Name must match'],
  ['a role', named('AWS::IAM::Role', { RoleName: 'r'.repeat(65) }), 'A: RoleName must match'],
  [
    'a state machine',
    named('AWS::StepFunctions::StateMachine', { StateMachineName: 'a b' }),
    'A: StateMachineName must match',
  ],
])('a name that AWS does not take is refused of %s', (_, resources, said) => {
  expect(() => resolved(resources)).toThrow(said);
});

test.each<[string, object]>([
  ['AWS::S3::Bucket', { BucketName: 'my-data.of-2026' }],
  ['AWS::Lambda::Function', { FunctionName: 'f'.repeat(64) }],
  ['AWS::StepFunctions::StateMachine', { StateMachineName: 'é'.repeat(80) }],
  ['AWS::Logs::LogGroup', { LogGroupName: '/aws/vendedlogs/states/a.b#c' }],
  ['AWS::SQS::Queue', {}],
])('a name that AWS takes: %s %j', (type, properties) => {
  const { resources } = resolved({ ...named(type, properties), B: { Type: type, Properties: {} } });
  expect(resources).toHaveLength(2);
});

/** A policy of that many characters, and white space besides. */
function policyOf(length: number): object {
  const document = (Resource: string) => ({ Statement: [{ Effect: 'Allow', Action: 's3:*', Resource }] });
  const rest = JSON.stringify(document('')).length;
  return document(`   ${'a'.repeat(length - rest)}`);
}

function roleWith(...lengths: readonly number[]): Resources {
  const [own = [], ...attached] = lengths.map((length) => [policyOf(length)]);
  const role = {
    Type: 'AWS::IAM::Role',
    Properties: { Policies: own.map((PolicyDocument) => ({ PolicyDocument })) },
  };
  const others = attached.map(([PolicyDocument], index) => [
    `Policy${index}`,
    { Type: 'AWS::IAM::Policy', Properties: { PolicyDocument, Roles: [{ Ref: 'Role' }] } },
  ]);
  return { Role: role, ...Object.fromEntries(others) };
}

test('a role has up to 10,240 characters of inline policies, those that are attached to it included', () => {
  expect(resolved(roleWith(4240, 3000, 3000)).resources).toHaveLength(3);
  expect(() => resolved(roleWith(4240, 3000, 3001))).toThrow(
    'Cannot create Role: its inline policies may have 10240 characters, got 10241.',
  );
});

describe('a function', () => {
  const sound = { Code: { S3Key: 'code' }, Handler: 'index.handler', Runtime: 'nodejs24.x' };
  const configOf = (properties: object) => {
    const { resources } = resolved(named('AWS::Lambda::Function', { ...sound, ...properties }));
    return functionConfigs(resources, [], {
      ...{ stackName: 'Stack', template: { Resources: {} }, assetDirectory: (key) => key },
    })[0];
  };

  test.each<[object, string]>([
    [{ Timeout: 0 }, 'Cannot create A: Timeout must be from 1 to 900, got 0.'],
    [{ Timeout: 901 }, 'Timeout must be from 1 to 900, got 901.'],
    [{ Timeout: 0.5 }, 'Timeout must be from 1 to 900, got 0.5.'],
    [{ MemorySize: 64 }, 'MemorySize must be from 128 to 10240, got 64.'],
    [{ MemorySize: 20_000 }, 'MemorySize must be from 128 to 10240, got 20000.'],
    [
      { Handler: { Ref: 'AWS::NoValue' } },
      'Handler must be up to 128 characters without spaces, got undefined.',
    ],
    [{ Handler: 'index handler' }, 'Handler must be up to 128 characters'],
    [{ Handler: 'h'.repeat(129) }, 'Handler must be up to 128 characters'],
  ])('is refused with %j', (properties, said) => {
    expect(() => configOf(properties)).toThrow(said);
  });

  test('has all that the limits leave', () => {
    const most = { Timeout: 900, MemorySize: '10240' };
    expect(configOf(most)).toMatchObject({ timeoutSeconds: 900, memoryMb: 10_240 });
    expect(configOf({ Timeout: 1, MemorySize: 128 })).toMatchObject({ timeoutSeconds: 1, memoryMb: 128 });
  });
});

describe('a table', () => {
  const key = (...names: readonly string[]) =>
    names.map((AttributeName, index) => ({ AttributeName, KeyType: index === 0 ? 'HASH' : 'RANGE' }));
  const attributes = (...names: readonly string[]) =>
    names.map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
  const index = (...names: readonly string[]) => [
    { IndexName: 'by', KeySchema: key(...names), Projection: { ProjectionType: 'ALL' } },
  ];
  const defined = (properties: object) => {
    const [resource] = resolved(named('AWS::DynamoDB::Table', properties)).resources;
    if (resource === undefined) throw new Error('There is no table.');
    return tableDefinition(resource);
  };

  test.each<[object, string]>([
    [
      { KeySchema: key('id'), AttributeDefinitions: attributes('id', 'when') },
      'Cannot create A: the attribute when must be in a key.',
    ],
    [
      { KeySchema: key('id', 'when'), AttributeDefinitions: attributes('id') },
      'Cannot create A: the key when must be defined.',
    ],
    [
      {
        ...{ KeySchema: key('id'), AttributeDefinitions: attributes('id') },
        GlobalSecondaryIndexes: index('owner'),
      },
      'Cannot create A: the key owner must be defined.',
    ],
  ])('is refused with %j', (properties, said) => {
    expect(() => defined(properties)).toThrow(said);
  });

  test('may define what its indexes have for keys', () => {
    const table = defined({
      ...{ KeySchema: key('id'), AttributeDefinitions: attributes('id', 'owner', 'when') },
      GlobalSecondaryIndexes: index('owner', 'id'),
      LocalSecondaryIndexes: index('id', 'when'),
    });
    expect(table.AttributeDefinitions).toHaveLength(3);
  });
});
