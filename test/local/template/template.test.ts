import type { Assembly, Template } from '../../../src/local/template/assembly.ts';
import { functionConfigs } from '../../../src/local/template/functions.ts';
import { queueOf } from '../../../src/local/template/queues.ts';
import {
  resolveStack,
  type StackResource,
  type StackResources,
} from '../../../src/local/template/resources.ts';

const queue = { Type: 'AWS::SQS::Queue' };

function assemblyOf(template: object): Assembly {
  const whole = { Resources: { Queue: queue }, ...template } as Template;
  return { stackName: 'Stack', template: whole, assetDirectory: (key) => `/assets/${key}` };
}

function resolved(template: object, region = 'us-east-1'): StackResources {
  return resolveStack(assemblyOf(template), { account: '123456789012', region, partition: 'aws' });
}

/** The value of an output in a template of one queue. */
function output(value: unknown, template: object = {}): string | undefined {
  return resolved({ Outputs: { Value: { Value: value } }, ...template }).outputs['Value'];
}

test.each<[string, unknown, string]>([
  ['a parameter', { Ref: 'Stage' }, 'test'],
  ['a number', { Ref: 'Count' }, '3'],
  ['a list', { 'Fn::Select': [1, { Ref: 'Names' }] }, 'b'],
  ['a parameter in a text', { 'Fn::Sub': '${Stage}-${AWS::Region}-${!Kept}' }, 'test-us-east-1-${Kept}'],
  ['a mapping', { 'Fn::FindInMap': ['Sizes', { Ref: 'AWS::Region' }, 'size'] }, '7'],
  ['a condition that holds', { 'Fn::If': ['Here', 'yes', { Ref: 'Nothing' }] }, 'yes'],
  ['a condition that does not', { 'Fn::If': ['Not', { Ref: 'Nothing' }, { Ref: 'Stage' }] }, 'test'],
  ['some of many', { 'Fn::If': ['Any', 'yes', 'no'] }, 'yes'],
  ['all of many', { 'Fn::If': ['All', 'yes', 'no'] }, 'no'],
  ['no value', { 'Fn::Join': ['-', ['a', { Ref: 'AWS::NoValue' }, 'b']] }, 'a-b'],
])('%s has its value', (_, value, expected) => {
  const template = {
    Parameters: {
      Stage: { Type: 'String', Default: 'test' },
      Count: { Type: 'Number', Default: 3 },
      Names: { Type: 'CommaDelimitedList', Default: 'a, b' },
    },
    Mappings: { Sizes: { 'us-east-1': { size: 7 } } },
    Conditions: {
      Here: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'us-east-1'] },
      Not: { 'Fn::Not': [{ Condition: 'Here' }] },
      Any: { 'Fn::Or': [{ Condition: 'Not' }, { Condition: 'Here' }] },
      All: { 'Fn::And': [{ Condition: 'Not' }, { Condition: 'Here' }] },
    },
  };
  expect(output(value, template)).toBe(expected);
});

test('what a condition excludes is not there, and neither is a property without a value', () => {
  const template = {
    Conditions: { Abroad: { 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-west-1'] } },
    Resources: {
      Queue: { ...queue, Properties: { QueueName: { Ref: 'AWS::NoValue' } } },
      Other: { ...queue, Condition: 'Abroad' },
    },
    Outputs: { other: { Value: { 'Fn::GetAtt': ['Other', 'Arn'] }, Condition: 'Abroad' } },
  };
  const { resources, outputs } = resolved(template);
  expect([resources.map(({ logicalId }) => logicalId), outputs]).toEqual([['Queue'], {}]);
  expect(resources[0]?.properties).toEqual({});
  expect(resources[0]?.arn).toBe('arn:aws:sqs:us-east-1:123456789012:Stack-Queue');
  expect(resolved(template, 'eu-west-1').outputs).toEqual({
    other: 'arn:aws:sqs:eu-west-1:123456789012:Stack-Other',
  });
});

test('policies of deletion, descriptions and the rule of the CDK are known', () => {
  const { resources } = resolved({
    AWSTemplateFormatVersion: '2010-09-09',
    Description: 'd',
    Metadata: {},
    Rules: { CheckBootstrapVersion: { Assertions: [] } },
    Parameters: { BootstrapVersion: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/v' } },
    Resources: {
      Queue: { ...queue, DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain', Metadata: {} },
      Other: { ...queue, DependsOn: ['Queue'] },
    },
  });
  expect(resources).toHaveLength(2);
});

const parameter = (value: object) => ({ Parameters: { P: value } });

test.each<[string, object, string]>([
  ['a transform', { Transform: 'AWS::Serverless-2016-10-31' }, 'section Transform of the template'],
  ['hooks', { Hooks: {} }, 'section Hooks of the template'],
  ['a rule', { Rules: { Mine: {} } }, 'rule Mine of the template'],
  [
    'a resource policy',
    { Resources: { Queue: { ...queue, UpdatePolicy: {} } } },
    'attribute UpdatePolicy of Queue',
  ],
  ['a dependency on nothing', { Resources: { Queue: { ...queue, DependsOn: 'X' } } }, 'Queue depends on X'],
  ['an unknown condition', { Resources: { Queue: { ...queue, Condition: 'X' } } }, 'the condition X'],
  ['an unknown type', { Resources: { Topic: { Type: 'AWS::SNS::Topic' } } }, 'type AWS::SNS::Topic of Topic'],
  ['an attribute of an output', { Outputs: { a: { Value: 1, Bogus: 1 } } }, 'attribute Bogus of a'],
  ['an attribute of a parameter', parameter({ Type: 'String', Bogus: 1 }), 'attribute Bogus of P'],
])('%s is refused', (_, template, said) => {
  expect(() => resolved(template)).toThrow(said);
});

test.each<[string, unknown, object, string]>([
  ['an unknown function', { 'Fn::Base64': 'x' }, {}, 'intrinsic function Fn::Base64'],
  ['a function among others', { 'Fn::Base64': 'x', a: 1 }, {}, 'intrinsic function Fn::Base64'],
  ['an import', { 'Fn::ImportValue': 'x' }, {}, 'intrinsic function Fn::ImportValue'],
  ['a parameter without a value', { Ref: 'P' }, parameter({ Type: 'String' }), 'no value for P (String)'],
  [
    'what AWS looks up',
    { Ref: 'P' },
    parameter({ Type: 'AWS::SSM::Parameter::Value<String>', Default: '/v' }),
    'no value for P (AWS::SSM',
  ],
  ['a name that is not there', { Ref: 'X' }, {}, 'refers to X'],
  ['an attribute', { 'Fn::GetAtt': ['Queue', 'Bogus'] }, {}, 'attribute Queue.Bogus'],
  ['a mapping', { 'Fn::FindInMap': ['A', 'b', 'c'] }, {}, 'refers to A.b.c'],
  ['an unknown condition', { 'Fn::If': ['X', 1, 2] }, {}, 'refers to the condition X'],
  [
    'an unknown function of conditions',
    { 'Fn::If': ['X', 1, 2] },
    { Conditions: { X: { 'Fn::Contains': [] } } },
    'does not know the condition {"Fn::Contains"',
  ],
])('%s is refused in a value', (_, value, template, said) => {
  expect(() => output(value, template)).toThrow(said);
});

describe('a function', () => {
  const properties = { Code: { S3Key: 'code.zip' }, Handler: 'index.handler', Runtime: 'nodejs24.x' };
  const configOf = (more: object) => {
    const Worker = { Type: 'AWS::Lambda::Function', Properties: { ...properties, ...more } };
    const assembly = assemblyOf({ Resources: { Worker } });
    const { resources } = resolveStack(assembly, { account: '1', region: 'us-east-1', partition: 'aws' });
    return functionConfigs(resources, [], assembly)[0];
  };

  test.each<[object, object | string]>([
    [{ MaximumRetryAttempts: 0 }, { maxRetries: 0 }],
    [{ MaximumEventAgeInSeconds: '60' }, { maxAgeSeconds: 60 }],
    [
      { DestinationConfig: { OnFailure: { Destination: 'arn:aws:sqs:us-east-1:1:d' } } },
      { onFailureArn: 'arn:aws:sqs:us-east-1:1:d' },
    ],
    [{ MaximumRetryAttempts: 3 }, 'MaximumRetryAttempts must be from 0 to 2, got 3'],
    [{ MaximumEventAgeInSeconds: 59 }, 'MaximumEventAgeInSeconds must be from 60 to 21600, got 59'],
    [{ Qualifier: 'live' }, 'value "live" (it knows $LATEST) of Qualifier'],
  ])('has asynchronous events treated by %j', (more, expected) => {
    const Properties = { FunctionName: { Ref: 'Worker' }, Qualifier: '$LATEST', ...more };
    const Worker = { Type: 'AWS::Lambda::Function', Properties: properties };
    const Failures = { Type: 'AWS::Lambda::EventInvokeConfig', Properties };
    const assembly = assemblyOf({ Resources: { Worker, Failures } });
    const configs = () => {
      const { resources } = resolveStack(assembly, { account: '1', region: 'us-east-1', partition: 'aws' });
      return functionConfigs(resources.slice(0, 1), resources.slice(1), assembly);
    };
    if (typeof expected === 'string') expect(configs).toThrow(expected);
    else expect(configs()[0]?.asyncInvocation).toEqual(expected);
  });

  test("has CloudFormation's defaults", () => {
    expect(configOf({})).toEqual({
      ...{ name: 'Stack-Worker', arn: 'arn:aws:lambda:us-east-1:1:function:Stack-Worker' },
      ...{ directory: '/assets/code.zip', handler: 'index.handler', runtime: 'nodejs24.x' },
      ...{ environment: {}, timeoutSeconds: 3, memoryMb: 128, storageMb: 512 },
    });
  });

  test('has what the template says', () => {
    expect(
      configOf({
        ...{ Timeout: '9', MemorySize: 256, EphemeralStorage: { Size: 1024 }, Architectures: ['arm64'] },
        ...{ ReservedConcurrentExecutions: 2, LoggingConfig: { LogGroup: '/mine' } },
        ...{ Environment: { Variables: { STAGE: 'test', COUNT: 3 } } },
        DeadLetterConfig: { TargetArn: 'arn:aws:sqs:us-east-1:1:dead' },
      }),
    ).toMatchObject({
      ...{ timeoutSeconds: 9, memoryMb: 256, storageMb: 1024, reservedConcurrency: 2, logGroup: '/mine' },
      ...{ environment: { STAGE: 'test', COUNT: '3' }, deadLetterArn: 'arn:aws:sqs:us-east-1:1:dead' },
    });
  });

  test.each<[object, string]>([
    [{ AWS_REGION: 'x' }, 'AWS_REGION is reserved by Lambda'],
    [{ AWS_LAMBDA_FUNCTION_NAME: 'x' }, 'AWS_LAMBDA_FUNCTION_NAME is reserved'],
    [{ _HANDLER: 'x' }, '_HANDLER is reserved'],
    [{ '1ST': 'x' }, '1ST is not a name that Lambda takes'],
    [{ 'A-B': 'x' }, 'A-B is not a name'],
    [{ LONG: 'ä'.repeat(2047) }, 'they may take 4096 bytes, got 4098'],
  ])('cannot have the variables %j', (Variables, said) => {
    expect(() => configOf({ Environment: { Variables } })).toThrow(
      `Cannot set the environment variables of Worker: ${said}`,
    );
  });

  test('takes 4 KB of variables', () => {
    expect(configOf({ Environment: { Variables: { LONG: 'a'.repeat(4092) } } })?.environment).toBeDefined();
  });

  test.each<[object, string]>([
    [{ EphemeralStorage: { Size: 511 } }, 'Cannot create Worker: Size must be from 512 to 10240, got 511'],
    [{ EphemeralStorage: { Size: 1024.5 } }, 'Size must be from 512 to 10240'],
    [{ ReservedConcurrentExecutions: -1 }, 'ReservedConcurrentExecutions must be from 0 to 1000, got -1'],
    [{ ReservedConcurrentExecutions: 'all' }, 'got all'],
    [{ Code: {} }, 'Worker is none'],
    [{ DeadLetterConfig: { TargetArn: 'arn:aws:sns:us-east-1:1:t' } }, 'sends failed events to queues only'],
  ])('is refused with %j', (more, said) => {
    expect(() => configOf(more)).toThrow(said);
  });
});

test.each<[object, string]>([
  [{ VisibilityTimeout: 43_201 }, 'VisibilityTimeout must be from 0 to 43200, got 43201'],
  [{ MessageRetentionPeriod: 59 }, 'MessageRetentionPeriod must be from 60 to 1209600, got 59'],
])('a queue is refused with %j', (Properties, said) => {
  const [resource] = resolved({ Resources: { Queue: { ...queue, Properties } } }).resources;
  expect(() => queueOf(resource as StackResource)).toThrow(`Cannot create Queue: ${said}`);
});
