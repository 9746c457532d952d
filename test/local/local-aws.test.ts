import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BedrockClient } from '@aws-sdk/client-bedrock';
import { BedrockRuntimeClient, InvokeModelCommand } from '@aws-sdk/client-bedrock-runtime';
import {
  ListStateMachinesCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { fastClock, realClock } from '../../src/local/clock.ts';
import { type LocalAws, type LocalAwsOptions, startLocalAws } from '../../src/local/local-aws.ts';
import { jobOf } from './bedrock/harness.ts';

type Resources = Readonly<
  Record<string, { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> }>
>;

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

const workerFunction = {
  Type: 'AWS::Lambda::Function',
  Properties: { Code: { S3Key: 'code.zip' }, Handler: 'index.handler', Runtime: 'nodejs24.x', Timeout: 10 },
};
const machine = {
  Type: 'AWS::StepFunctions::StateMachine',
  Properties: {
    RoleArn: 'arn:aws:iam::123456789012:role/machine',
    DefinitionString: JSON.stringify({
      QueryLanguage: 'JSONata',
      StartAt: 'Wait',
      States: { Wait: { Type: 'Wait', Seconds: 86_400, End: true } },
    }),
  },
};
const queue = {
  Type: 'AWS::SQS::Queue',
  Properties: { MessageRetentionPeriod: 1_209_600, VisibilityTimeout: 60 },
};
const tick = {
  Type: 'AWS::Events::Rule',
  Properties: {
    ScheduleExpression: 'rate(5 minutes)',
    State: 'ENABLED',
    Targets: [
      {
        ...{ Id: 'Target0', Arn: arnOf('Worker') },
        DeadLetterConfig: { Arn: arnOf('Failed') },
        RetryPolicy: { MaximumRetryAttempts: 3, MaximumEventAgeInSeconds: 3600 },
      },
    ],
  },
};
const stopped = {
  Type: 'AWS::Events::Rule',
  Properties: {
    EventPattern: {
      source: ['aws.states'],
      'detail-type': ['Step Functions Execution Status Change'],
      detail: { status: ['ABORTED', 'TIMED_OUT', 'FAILED'], stateMachineArn: [{ Ref: 'Machine' }] },
    },
    Targets: [{ Id: 'Target0', Arn: arnOf('Worker') }],
  },
};
const failures = {
  Type: 'AWS::Lambda::EventInvokeConfig',
  Properties: {
    ...{ FunctionName: { Ref: 'Worker' }, Qualifier: '$LATEST', MaximumRetryAttempts: 1 },
    DestinationConfig: { OnFailure: { Destination: arnOf('Failed') } },
  },
};
const resources: Resources = {
  ...{ Worker: workerFunction, Machine: machine, Failed: queue, Tick: tick, Stopped: stopped },
  ...{ Failures: failures },
  Policy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: { Queues: [{ Ref: 'Failed' }], PolicyDocument: { Statement: [] } },
  },
  Alarm: {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: { Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['Failed', 'QueueName'] } }] },
  },
};

/** Says what it was given, and fails at executions that ended. */
const code = `
exports.handler = async (event) => {
  console.log(JSON.stringify(event));
  if (event.source === 'aws.states') throw new Error('cannot stop');
};`;

let directory: string;
let aws: LocalAws | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-aws-'));
  await writeFile(join(directory, 'index.js'), code);
});
afterEach(async () => {
  await aws?.close();
  aws = undefined;
  await rm(directory, { recursive: true });
});

async function start(given: Resources, options: Partial<LocalAwsOptions> = {}): Promise<LocalAws> {
  const template = { Resources: given, Outputs: { queueUrl: { Value: { Ref: 'Failed' } } } };
  const assembly = { stackName: 'Stack', template, assetDirectory: () => directory };
  // Nothing here is about permissions, so the template has none.
  const state = { directory: join(directory, 'state'), enforceIam: false };
  aws = await startLocalAws({ assembly, ...state, ...options });
  return aws;
}

function settings(service: string) {
  return {
    endpoint: aws?.environment[`AWS_ENDPOINT_URL_${service}`] ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' },
  };
}

async function until<T>(probe: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 500; tries++) {
    const found = await probe();
    if (found !== undefined) return found;
    await realClock.sleep(10);
  }
  throw new Error('It did not come about.');
}

async function messageIn(QueueUrl: string | undefined): Promise<string | undefined> {
  const response = await fetch(settings('SQS').endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'AmazonSQS.ReceiveMessage' },
    body: JSON.stringify({ QueueUrl }),
  });
  const { Messages } = (await response.json()) as { Messages: { Body: string }[] };
  return Messages[0]?.Body;
}

async function abortAnExecution(): Promise<string | undefined> {
  const sfn = new SFNClient(settings('SFN'));
  const { stateMachines } = await sfn.send(new ListStateMachinesCommand({}));
  const { stateMachineArn } = stateMachines?.[0] ?? {};
  const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn, name: 'run' }));
  await sfn.send(new StopExecutionCommand({ executionArn }));
  sfn.destroy();
  return executionArn;
}

test('a schedule of the template invokes its function by the clock', async () => {
  const { logDirectory } = await start(resources, { clock: fastClock(3000) });
  const event = await until(async () => {
    const log = await readFile(join(logDirectory, 'Stack-Worker.log'), 'utf8').catch(() => '');
    return log.split('\n').find((line) => line.includes('Scheduled Event'));
  });
  expect(JSON.parse(event)).toMatchObject({
    source: 'aws.events',
    resources: ['arn:aws:events:us-east-1:123456789012:rule/Stack-Tick'],
    detail: {},
  });
});

test('an execution that is stopped is an event; what its function fails at goes to the queue', async () => {
  const { outputs } = await start(resources, { clock: fastClock(3000) });
  expect(outputs['queueUrl']).toBe('https://sqs.us-east-1.amazonaws.com/123456789012/Stack-Failed');
  const executionArn = await abortAnExecution();
  const body = await until(() => messageIn(outputs['queueUrl']));
  expect(JSON.parse(body)).toMatchObject({
    requestContext: { condition: 'RetriesExhausted', approximateInvokeCount: 2 },
    requestPayload: {
      'detail-type': 'Step Functions Execution Status Change',
      source: 'aws.states',
      resources: [executionArn],
      detail: { executionArn, status: 'ABORTED', name: 'run', error: null, output: null },
    },
    responsePayload: { errorType: 'Error', errorMessage: 'cannot stop' },
  });
});

test("a function's dead-letter queue gets the event as it was", async () => {
  const DeadLetterConfig = { TargetArn: arnOf('Failed') };
  const Worker = { ...workerFunction, Properties: { ...workerFunction.Properties, DeadLetterConfig } };
  const { Failures: _apart, ...others } = resources;
  const { outputs } = await start({ ...others, Worker }, { clock: fastClock(3000) });
  const executionArn = await abortAnExecution();
  const body = await until(() => messageIn(outputs['queueUrl']));
  expect(JSON.parse(body)).toMatchObject({ source: 'aws.states', detail: { executionArn } });
});

test('models are invoked at an endpoint of their own, with the faults of the options', async () => {
  await start(resources, { invocations: { failEvery: 2 } });
  const client = new BedrockRuntimeClient({ ...settings('BEDROCK_RUNTIME'), maxAttempts: 1 });
  const invoke = () =>
    client.send(
      new InvokeModelCommand({ modelId: 'amazon.titan-embed-text-v2:0', body: '{"inputText":"text"}' }),
    );
  const { body } = await invoke();
  expect(JSON.parse(body.transformToString())).toMatchObject({ inputTextTokenCount: 1 });
  await expect(invoke()).rejects.toMatchObject({ name: 'InternalServerException' });
  client.destroy();
});

test('events of jobs are lost or repeated as the plan of faults says', async () => {
  const JobRule = {
    Type: 'AWS::Events::Rule',
    Properties: {
      EventPattern: { source: ['aws.bedrock'] },
      Targets: [{ Id: 'Target0', Arn: arnOf('Worker') }],
    },
  };
  const events = [
    { status: 'Submitted', drop: true },
    { status: 'Failed', copies: 3 },
  ] as const;
  const { logDirectory } = await start(
    { ...resources, JobRule },
    { jobs: { stepMs: 1 }, faults: { events } },
  );
  const bedrock = new BedrockClient(settings('BEDROCK'));
  await bedrock.send(jobOf('s3://no-such-bucket/x.jsonl'));
  bedrock.destroy();
  const statuses = await until(async () => {
    const log = await readFile(join(logDirectory, 'Stack-Worker.log'), 'utf8').catch(() => '');
    const told = log.split('\n').flatMap((line) => /"status":"(\w+)"/.exec(line)?.[1] ?? []);
    return told.length === 4 ? told.sort() : undefined;
  });
  expect(statuses).toEqual(['Failed', 'Failed', 'Failed', 'Validating']);
});

describe('a template is refused', () => {
  const withProperties = (
    resource: { readonly Type: string; readonly Properties: object },
    more: object,
  ) => ({
    ...resource,
    Properties: { ...resource.Properties, ...more },
  });
  const target = tick.Properties.Targets[0];

  test.each<[string, Resources, string]>([
    [
      'with a FIFO queue',
      { Failed: withProperties(queue, { FifoQueue: true }) },
      'property FifoQueue of Failed',
    ],
    ['with a redrive', { Failed: withProperties(queue, { RedrivePolicy: {} }) }, 'property RedrivePolicy'],
    [
      'with another bus',
      { Tick: withProperties(tick, { EventBusName: 'b' }) },
      'property EventBusName of Tick',
    ],
    [
      'with an unknown property of a target',
      { Tick: withProperties(tick, { Targets: [{ ...target, SqsParameters: {} }] }) },
      'property Targets.SqsParameters of Tick',
    ],
    [
      'with a target that is no function',
      { Tick: withProperties(tick, { Targets: [{ Id: 'a', Arn: arnOf('Failed') }] }) },
      'delivers events to functions; Tick has the target arn:aws:sqs:',
    ],
    [
      'with the schedule of a crontab',
      { Tick: withProperties(tick, { ScheduleExpression: 'cron(0 10 * * *)' }) },
      'cron(…) of six fields',
    ],
    [
      'with a destination for successes',
      { Failures: withProperties(failures, { DestinationConfig: { OnSuccess: { Destination: 'arn' } } }) },
      'property DestinationConfig.OnSuccess of Failures',
    ],
    [
      'with a destination that is no queue',
      {
        Failures: withProperties(failures, {
          DestinationConfig: { OnFailure: { Destination: 'arn:aws:sns:us-east-1:123456789012:topic' } },
        }),
      },
      'sends failed events to queues only',
    ],
    [
      'with an unknown resource',
      { Topic: { Type: 'AWS::SNS::Topic', Properties: {} } },
      'AWS::SNS::Topic of Topic',
    ],
  ])('%s', async (_, change, message) => {
    await expect(start({ ...resources, ...change })).rejects.toThrow(message);
  });
});
