import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BedrockClient,
  CreateModelInvocationJobCommand,
  GetModelInvocationJobCommand,
  type GetModelInvocationJobCommandOutput,
} from '@aws-sdk/client-bedrock';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  DescribeExecutionCommand,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { fastClock, realClock } from '../../../src/local/clock.ts';
import { type LocalAws, startLocalAws } from '../../../src/local/local-aws.ts';

type Resource = { readonly Type: string; readonly Properties: Readonly<Record<string, unknown>> };
type Resources = Readonly<Record<string, Resource>>;

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const policy = (...Statement: readonly object[]) => ({ Version: '2012-10-17', Statement });
const allow = (Action: string, Resource: unknown) => ({ Effect: 'Allow', Action, Resource });

function role(service: string, condition?: object, ...statements: readonly object[]): Resource {
  const Principal = { Service: service };
  const trust = {
    Effect: 'Allow',
    Principal,
    Action: 'sts:AssumeRole',
    ...(condition && { Condition: condition }),
  };
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: policy(trust),
      ...(statements.length > 0 && {
        Policies: [{ PolicyName: 'own', PolicyDocument: policy(...statements) }],
      }),
    },
  };
}

const functionWith = (Role: unknown): Resource => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Code: { S3Key: 'c' }, Handler: 'index.handler', Runtime: 'nodejs24.x', Timeout: 10, Role },
});
const rule = (EventPattern: object, target: string): Resource => ({
  Type: 'AWS::Events::Rule',
  Properties: {
    EventPattern,
    Targets: [{ Id: 'a', Arn: arnOf(target), DeadLetterConfig: { Arn: arnOf('Letters') } }],
  },
});
const ended = (status: string) => ({ source: ['aws.states'], detail: { status: [status] } });

/** An ABORTED execution is told to a function that lets no rule in, a FAILED one to a function that fails. */
const resources: Resources = {
  Data: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'data' } },
  Letters: { Type: 'AWS::SQS::Queue', Properties: {} },
  LetterPolicy: {
    Type: 'AWS::SQS::QueuePolicy',
    Properties: {
      Queues: [{ Ref: 'Letters' }],
      PolicyDocument: policy({
        ...allow('sqs:SendMessage', arnOf('Letters')),
        Principal: { Service: 'events.amazonaws.com' },
        Condition: { ArnEquals: { 'aws:SourceArn': arnOf('Aborted') } },
      }),
    },
  },
  WorkerRole: role('lambda.amazonaws.com'),
  Closed: functionWith(arnOf('WorkerRole')),
  Open: functionWith(arnOf('WorkerRole')),
  Failures: {
    Type: 'AWS::Lambda::EventInvokeConfig',
    Properties: {
      ...{ FunctionName: { Ref: 'Open' }, Qualifier: '$LATEST', MaximumRetryAttempts: 0 },
      DestinationConfig: { OnFailure: { Destination: arnOf('Letters') } },
    },
  },
  Aborted: rule(ended('ABORTED'), 'Closed'),
  Failed: rule(ended('FAILED'), 'Open'),
  OpenPermission: {
    Type: 'AWS::Lambda::Permission',
    Properties: {
      ...{ Action: 'lambda:InvokeFunction', FunctionName: arnOf('Open') },
      ...{ Principal: 'events.amazonaws.com', SourceArn: arnOf('Failed') },
    },
  },
  MachineRole: role('states.amazonaws.com'),
  Machine: {
    Type: 'AWS::StepFunctions::StateMachine',
    Properties: {
      RoleArn: arnOf('MachineRole'),
      StateMachineName: 'machine',
      DefinitionString: JSON.stringify({
        QueryLanguage: 'JSONata',
        StartAt: 'Choose',
        States: {
          Choose: {
            Type: 'Choice',
            Choices: [{ Condition: '{% $states.input.wait = true %}', Next: 'Wait' }],
            Default: 'Call',
          },
          Wait: { Type: 'Wait', Seconds: 1_000_000, End: true },
          Call: {
            ...{ Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true },
            Arguments: { FunctionName: 'Stack-Open', Payload: {} },
          },
        },
      }),
    },
  },
  Blind: role('bedrock.amazonaws.com', undefined, allow('s3:ListBucket', arnOf('Data'))),
  Strange: role('bedrock.amazonaws.com', { StringEquals: { 'aws:SourceAccount': '210987654321' } }),
};

const code = `exports.handler = async () => { throw new Error('cannot'); };`;

let directory: string;
let aws: LocalAws | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'local-iam-'));
  await writeFile(join(directory, 'index.js'), code);
});
afterEach(async () => {
  await aws?.close();
  aws = undefined;
  await rm(directory, { recursive: true });
});

async function start(change: Resources = {}): Promise<LocalAws> {
  const template = { Resources: { ...resources, ...change } };
  const assembly = { stackName: 'Stack', template, assetDirectory: () => directory };
  const state = { directory: join(directory, 'state'), accessReports: join(directory, 'reports') };
  aws = await startLocalAws({ assembly, ...state, clock: fastClock(1000), jobs: { stepMs: 1 } });
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

async function execution(input: object, use: (sfn: SFNClient, executionArn?: string) => Promise<unknown>) {
  const sfn = new SFNClient(settings('SFN'));
  const stateMachineArn = 'arn:aws:states:us-east-1:123456789012:stateMachine:machine';
  const { executionArn } = await sfn.send(
    new StartExecutionCommand({ stateMachineArn, input: JSON.stringify(input) }),
  );
  await use(sfn, executionArn);
  const description = await until(async () => {
    const found = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    return found.status === 'RUNNING' ? undefined : found;
  });
  sfn.destroy();
  return description;
}

interface Letter {
  readonly MessageAttributes: Readonly<Record<string, { readonly StringValue: string }>>;
}

async function firstLetter(): Promise<Letter | undefined> {
  const response = await fetch(settings('SQS').endpoint, {
    method: 'POST',
    headers: {
      'x-amz-target': 'AmazonSQS.ReceiveMessage',
      authorization: 'AWS4-HMAC-SHA256 Credential=LOCALUSER/20261120/us-east-1/sqs/aws4_request',
    },
    body: JSON.stringify({ QueueUrl: 'Stack-Letters', MessageAttributeNames: ['All'] }),
  });
  const { Messages } = (await response.json()) as { readonly Messages: readonly Letter[] };
  return Messages[0];
}

const none = (action: string) => `because no identity-based policy allows the ${action} action`;

test('a state machine invokes what its role allows only, and a failure goes where the function may send it', async () => {
  const { logDirectory } = await start();
  const { status, error, cause } = await execution({}, async () => undefined);
  expect([status, error]).toEqual(['FAILED', 'Lambda.AWSLambdaException']);
  expect(cause).toContain(
    `User: arn:aws:sts::123456789012:assumed-role/Stack-MachineRole/states is not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:123456789012:function:Stack-Open ${none('lambda:InvokeFunction')}`,
  );
  const log = await until(async () => {
    const text = await readFile(join(logDirectory, 'Stack-Open.log'), 'utf8').catch(() => '');
    return text.includes('could not be sent') ? text : undefined;
  });
  expect(log).toContain(
    'assumed-role/Stack-WorkerRole/Stack-Open is not authorized to perform: sqs:SendMessage',
  );
});

test('what a function lets no rule bring is buried at once, in a queue that lets the rule in', async () => {
  const warnings: string[] = [];
  const warned = jest
    .spyOn(process, 'emitWarning')
    .mockImplementation((text) => void warnings.push(String(text)));
  await start();
  await execution({ wait: true }, (sfn, executionArn) =>
    sfn.send(new StopExecutionCommand({ executionArn })),
  );
  const letter = await until(firstLetter);
  warned.mockRestore();
  expect(letter.MessageAttributes).toMatchObject({
    ERROR_CODE: { StringValue: 'NO_PERMISSIONS' },
    RETRY_ATTEMPTS: { StringValue: '0' },
  });
  expect(letter.MessageAttributes).not.toHaveProperty('EXHAUSTED_RETRY_CONDITION');
  expect(warnings.join()).toContain('no resource-based policy allows the lambda:InvokeFunction action');
});

async function jobAs(role: string): Promise<GetModelInvocationJobCommandOutput> {
  const bedrock = new BedrockClient(settings('BEDROCK'));
  const s3 = new S3Client({ ...settings('S3'), forcePathStyle: true });
  await s3.send(new PutObjectCommand({ Bucket: 'data', Key: 'in/1.jsonl', Body: '{}\n' }));
  const { jobArn: jobIdentifier } = await bedrock.send(
    new CreateModelInvocationJobCommand({
      ...{ jobName: role, modelId: 'amazon.titan-embed-text-v2:0' },
      roleArn: `arn:aws:iam::123456789012:role/${role}`,
      inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://data/in/1.jsonl' } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://data/out/' } },
    }),
  );
  const job = await until(async () => {
    const found = await bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier }));
    return found.status === 'Failed' ? found : undefined;
  });
  for (const client of [bedrock, s3]) client.destroy();
  return job;
}

test('a job does as its role what the role allows, if Bedrock may become it', async () => {
  await start();
  expect((await jobAs('Stack-Blind')).message).toContain(
    `assumed-role/Stack-Blind/bedrock is not authorized to perform: s3:GetObject on resource: arn:aws:s3:::data/in/1.jsonl ${none('s3:GetObject')}`,
  );
  expect((await jobAs('Stack-Strange')).message).toContain(
    'bedrock.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/Stack-Strange',
  );
});

test('a report is left when it is closed', async () => {
  await start();
  await jobAs('Stack-Blind');
  const given = aws?.accessReport();
  await aws?.close();
  aws = undefined;
  const [name = ''] = await readdir(join(directory, 'reports'));
  const report = JSON.parse(await readFile(join(directory, 'reports', name), 'utf8'));
  expect(report).toEqual(JSON.parse(JSON.stringify(given)));
  expect(report.grants).toContainEqual(
    expect.objectContaining({ owner: 'Stack-Blind', action: 's3:ListBucket', resource: 'arn:aws:s3:::data' }),
  );
});

test.each<[string, Resources, string]>([
  ['a function without a role', { Open: functionWith(undefined) }, 'Role must be the ARN of a role'],
  [
    'a role of elsewhere',
    { Open: functionWith('arn:aws:iam::123456789012:role/elsewhere') },
    'its role arn:aws:iam::123456789012:role/elsewhere must be in the template',
  ],
  [
    'a role that Lambda may not assume',
    { Open: functionWith(arnOf('MachineRole')) },
    'its role cannot be assumed',
  ],
  [
    'a managed policy that is not known',
    {
      WorkerRole: {
        ...{ Type: 'AWS::IAM::Role' },
        Properties: {
          ...resources['WorkerRole']?.Properties,
          ManagedPolicyArns: ['arn:aws:iam::aws:policy/AdministratorAccess'],
        },
      },
    },
    'does not know the managed policy arn:aws:iam::aws:policy/AdministratorAccess',
  ],
  [
    'a boundary',
    {
      WorkerRole: {
        ...{ Type: 'AWS::IAM::Role' },
        Properties: { ...resources['WorkerRole']?.Properties, PermissionsBoundary: 'arn' },
      },
    },
    'property PermissionsBoundary of WorkerRole',
  ],
  [
    'a policy that cannot be decided by',
    { Blind: role('bedrock.amazonaws.com', { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }) },
    'Cannot use the policy of who may assume Stack-Blind',
  ],
])('a template is refused with %s', async (_what, change, message) => {
  await expect(start(change)).rejects.toThrow(message);
});
