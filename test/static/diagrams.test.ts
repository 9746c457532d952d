import { STACK_NAME } from '../../bin/stack-name.ts';
import { connectionsOf } from '../../scripts/diagrams/architecture/connections.ts';
import { itemsOf } from '../../scripts/diagrams/architecture/items.ts';
import { renderArchitecture } from '../../scripts/diagrams/architecture/render.ts';
import { renderDiagrams, staleDiagrams } from '../../scripts/diagrams/files.ts';
import { readDefinition } from '../../scripts/diagrams/state-machine/definition.ts';
import { renderStateMachine } from '../../scripts/diagrams/state-machine/render.ts';
import { readTemplate, type Template, titleOf } from '../../scripts/diagrams/template.ts';

const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });
const join = (...parts: readonly unknown[]) => ({ 'Fn::Join': ['', parts] });

const trust = (service: string) => ({
  AssumeRolePolicyDocument: {
    Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } }],
  },
});

const policy = (
  role: string,
  ...statements: readonly (readonly [string | readonly string[], unknown])[]
) => ({
  Type: 'AWS::IAM::Policy',
  Properties: {
    Roles: [{ Ref: role }],
    PolicyDocument: {
      Statement: statements.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource })),
    },
  },
});

const lambda = (role: string, code: string, properties: object) => ({
  Type: 'AWS::Lambda::Function',
  Properties: { Role: arnOf(role), Code: { S3Key: code }, ...properties },
});

const task = (fn: string, rest: object) => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
  Arguments: { FunctionName: fn },
  ...rest,
});

/** A text with `[LogicalId]` in it as CDK writes it: a join of texts and references. */
const joined = (text: string) =>
  join(...text.split(/\[([A-Za-z0-9]+)\]/).map((part, i) => (i % 2 === 0 ? part : arnOf(part))));

const definition = JSON.stringify({
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      MaxConcurrency: 3,
      ItemReader: { Arguments: { Key: '{% $run.things_key %}' }, ReaderConfig: { InputType: 'JSONL' } },
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED' },
        StartAt: 'Work',
        States: {
          Work: task('@WorkerFunction1234ABCD@', {
            Next: 'Tidy',
            Catch: [{ ErrorEquals: ['Broken'], Next: 'Tidy' }],
          }),
          Tidy: { Type: 'Pass', End: true },
        },
      },
      Next: 'Enough',
    },
    Enough: { Type: 'Choice', Choices: [{ Condition: '{% $done < 3 %}', Next: 'Each' }], Default: 'Over' },
    Over: { Type: 'Succeed' },
  },
}).replace(/@(\w+)@/g, '[$1]');

function template(code = 'a1b2.zip'): Template {
  return {
    Resources: {
      ThingsBucketThings0A0A0A0A: {
        Type: 'AWS::S3::Bucket',
        Properties: { LoggingConfiguration: { DestinationBucketName: { Ref: 'AccessLogs1B1B1B1B' } } },
      },
      AccessLogs1B1B1B1B: { Type: 'AWS::S3::Bucket' },
      LedgerTable2C2C2C2C: {
        Type: 'AWS::DynamoDB::Table',
        Properties: { KeySchema: [{ AttributeName: 'thing', KeyType: 'HASH' }] },
      },
      JobRole3D3D3D3D: { Type: 'AWS::IAM::Role', Properties: trust('bedrock.amazonaws.com') },
      WorkerRole4E4E4E4E: { Type: 'AWS::IAM::Role', Properties: trust('lambda.amazonaws.com') },
      MachineRole5F5F5F5F: { Type: 'AWS::IAM::Role', Properties: trust('states.amazonaws.com') },
      HearerRole6A6A6A6A: { Type: 'AWS::IAM::Role', Properties: trust('lambda.amazonaws.com') },
      HearerFunction7B7B7B7B: lambda('HearerRole6A6A6A6A', code, {
        Environment: { Variables: { LEDGER: { Ref: 'LedgerTable2C2C2C2C' } } },
      }),
      WorkerFunction1234ABCD: lambda('WorkerRole4E4E4E4E', code, {
        Description: 'Works on things < 3 & more',
        Environment: { Variables: { POWERTOOLS_SERVICE_NAME: 'worker' } },
      }),
      Machine8C8C8C8C: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          DefinitionString: joined(definition),
          RoleArn: arnOf('MachineRole5F5F5F5F'),
          StateMachineName: join({ Ref: 'AWS::StackName' }, '-run'),
        },
      },
      MachinePolicy: policy('MachineRole5F5F5F5F', [
        'lambda:InvokeFunction',
        [arnOf('WorkerFunction1234ABCD'), join(arnOf('WorkerFunction1234ABCD'), ':*')],
      ]),
      WorkerPolicy: policy(
        'WorkerRole4E4E4E4E',
        [['s3:PutObject', 's3:AbortMultipartUpload'], join(arnOf('ThingsBucketThings0A0A0A0A'), '/out/*')],
        ['s3:GetObject', join(arnOf('ThingsBucketThings0A0A0A0A'), '/in/*')],
        ['bedrock:CreateModelInvocationJob', '*'],
        ['iam:PassRole', arnOf('JobRole3D3D3D3D')],
        ['logs:PutLogEvents', '*'],
      ),
      HearerPolicy: policy('HearerRole6A6A6A6A', [
        'states:SendTaskSuccess',
        join(
          'arn:aws:states:',
          { Ref: 'AWS::Region' },
          ':1:stateMachine:',
          { Ref: 'AWS::StackName' },
          '-run',
        ),
      ]),
      JobPolicy: policy('JobRole3D3D3D3D', ['bedrock:InvokeModel', '*']),
      JobsRule9D9D9D9D: {
        Type: 'AWS::Events::Rule',
        Properties: {
          EventPattern: { source: ['aws.bedrock'], 'detail-type': ['Job Change'] },
          Targets: [{ Arn: arnOf('HearerFunction7B7B7B7B'), Id: 'Target0' }],
        },
      },
      WorkerLogs: { Type: 'AWS::Logs::LogGroup' },
    },
  };
}

/** The texts that a reader sees. */
const textsOf = (svg: string) => [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

describe('the state machine', () => {
  const draw = () => renderStateMachine(readDefinition(template()));

  test('shows states with their types, functions, concurrency and manifest', async () => {
    expect(textsOf(await draw())).toEqual(
      expect.arrayContaining([
        ...['Each', 'Distributed Map · MaxConcurrency 3', 'reads $run.things_key (JSONL)'],
        ...['Work', 'Task · worker', 'waits for its task token', 'Tidy', 'Pass'],
        ...['Enough', 'Choice', '$done &lt; 3', 'otherwise', 'Over', 'Succeed'],
      ]),
    );
  });

  test('dashes what is caught, and nothing else', async () => {
    const lines = [...(await draw()).matchAll(/<path [^>]*marker-end[^>]*>/g)].map(([line]) => line);
    expect(lines).toHaveLength(9);
    expect(lines.filter((line) => line.includes('stroke-dasharray'))).toHaveLength(1);
  });

  test('is refused where the template has none', () => {
    expect(() => readDefinition({ Resources: {} })).toThrow('the template must have one, got 0.');
  });
});

describe('the architecture', () => {
  test('shows resources, and neither logs nor the roles of functions', () => {
    const items = itemsOf(template()).map(({ service, title, lines }) =>
      [service, title, ...lines].join(' | '),
    );
    expect(items.sort()).toEqual([
      'bedrock | Batch inference jobs',
      'bedrock | Models',
      'dynamoDb | Ledger Table | key thing',
      'eventBridge | Jobs Rule | Job Change',
      'iam | Job Role',
      'lambda | Hearer Function',
      'lambda | worker | Works on things < 3 & more',
      's3 | Things Bucket | in/ | out/',
      'stepFunctions | Machine | standard',
    ]);
  });

  test('puts functions in the order of the steps', () => {
    const functions = itemsOf(template()).filter(({ service }) => service === 'lambda');
    expect(functions.map(({ title }) => title)).toEqual(['worker', 'Hearer Function']);
  });

  test('derives who does what to whom', () => {
    const items = itemsOf(template());
    const title = (id: string) => items.find((item) => item.id === id)?.title;
    const said = connectionsOf(template(), items).map(
      ({ from, to, label }) => `${title(from)} ${label} → ${title(to)}`,
    );
    expect(said.sort()).toEqual([
      'Batch inference jobs events → Jobs Rule',
      'Batch inference jobs takes on → Job Role',
      'Hearer Function answers tokens → Machine',
      'Hearer Function refers to → Ledger Table',
      'Job Role asks → Models',
      'Jobs Rule triggers → Hearer Function',
      'Machine invokes → worker',
      'worker passes → Job Role',
      'worker reads, writes → Things Bucket',
      'worker submits → Batch inference jobs',
    ]);
  });

  test('is drawn the same whatever the assets are called, and twice', async () => {
    const first = await renderArchitecture(template());
    expect(await renderArchitecture(template('c3d4.zip'))).toBe(first);
    expect(first).toContain('<title id="title">Architecture</title>');
    expect(textsOf(first)).toEqual(expect.arrayContaining(['worker', 'reads, writes', '← worker passes']));
    expect(first).not.toMatch(/[0-9A-F]{8}|\.zip/);
  });

  test('refuses a type that it does not know', () => {
    const queue = { Resources: { Letters: { Type: 'AWS::SNS::Topic' } } };
    expect(() => itemsOf(queue)).toThrow(
      /the type of Letters must be in .*services\.ts, got AWS::SNS::Topic\./,
    );
  });
});

test.each([
  ['StepsRunJob4C9E6CC1', 'Steps Run Job'],
  ['DataBucketDataB8C13C3A', 'Data Bucket'],
  ['JobInventoryJobsCC6309BC', 'Job Inventory'],
  ['HTTPApi', 'HTTP Api'],
])('the title of %s is %s', (logicalId, title) => {
  expect(titleOf(logicalId)).toBe(title);
});

test('the committed diagrams are those of the template', async () => {
  const synthesized = await readTemplate(process.env['CDK_ASSEMBLY'] ?? 'cdk.out', STACK_NAME);
  const stale = await staleDiagrams(await renderDiagrams(synthesized), 'static');
  // After a change of the stack: npm run diagrams.
  expect(stale).toEqual([]);
});

test('a stack that is not synthesized is said to be', async () => {
  await expect(readTemplate('no-such-folder', 'Stack')).rejects.toThrow('synthesize the stack first');
});
