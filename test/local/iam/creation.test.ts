import { realClock } from '../../../src/local/clock.ts';
import { Access } from '../../../src/local/iam/access.ts';
import type { AccessReport } from '../../../src/local/iam/authorization.ts';
import { permissionsOf } from '../../../src/local/template/permissions.ts';
import { resolveStack } from '../../../src/local/template/resources.ts';

const account = { account: '123456789012', region: 'us-east-1', partition: 'aws' };
const arnOf = (logicalId: string) => ({ 'Fn::GetAtt': [logicalId, 'Arn'] });

function role(service: string, actions: readonly string[]): object {
  const trust = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
  const statements = actions.map((Action) => ({ Effect: 'Allow', Action, Resource: '*' }));
  const document = { Version: '2012-10-17', Statement: statements };
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: trust },
      ...(actions.length > 0 && { Policies: [{ PolicyName: 'own', PolicyDocument: document }] }),
    },
  };
}

/** What is made use of when a function and a state machine are created whose roles may do this. */
function created(
  properties: { worker?: object; machine?: object },
  actions: readonly string[],
): AccessReport {
  const Resources = {
    Letters: { Type: 'AWS::SQS::Queue' },
    WorkerRole: role('lambda.amazonaws.com', actions),
    Worker: {
      Type: 'AWS::Lambda::Function',
      Properties: { Role: arnOf('WorkerRole'), ...properties.worker },
    },
    Logs: { Type: 'AWS::Logs::LogGroup' },
    MachineRole: role('states.amazonaws.com', actions),
    Machine: {
      Type: 'AWS::StepFunctions::StateMachine',
      Properties: { RoleArn: arnOf('MachineRole'), DefinitionString: '{}', ...properties.machine },
    },
  };
  const assembly = { stackName: 'Stack', template: { Resources }, assetDirectory: (key: string) => key };
  const access = new Access(account, realClock);
  access.enforce(permissionsOf(resolveStack(assembly as Parameters<typeof resolveStack>[0], account)));
  return access.report();
}

const letters = { worker: { DeadLetterConfig: { TargetArn: arnOf('Letters') } } };
const traced = { worker: { TracingConfig: { Mode: 'Active' } } };
const logged = (Level: string) => ({
  machine: {
    LoggingConfiguration: {
      ...{ Level, Destinations: [{ CloudWatchLogsLogGroup: { LogGroupArn: arnOf('Logs') } }] },
    },
  },
});
const TRACES = ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'];
const DELIVERY = [
  ...['logs:CreateLogDelivery', 'logs:GetLogDelivery', 'logs:UpdateLogDelivery', 'logs:DeleteLogDelivery'],
  ...['logs:ListLogDeliveries', 'logs:PutResourcePolicy', 'logs:DescribeResourcePolicies'],
  'logs:DescribeLogGroups',
];
const WORKER = 'Stack-Worker: The provided execution role does not have permissions to call';
const MACHINE =
  'stateMachine:Stack-Machine: The state machine IAM Role is not authorized to access the Log Destination';

const asked: readonly [string, object, readonly string[], string][] = [
  ['dead letters', letters, ['sqs:SendMessage'], `${WORKER} SendMessage on SQS`],
  ['traces', traced, TRACES, `${WORKER} Put`],
  ['logs', logged('ERROR'), DELIVERY, MACHINE],
];

test.each(asked)('a role is asked for all that %s need', (_, properties, actions, refusal) => {
  const { grants } = created(properties, actions);
  const used = new Set(grants.filter(({ uses }) => uses > 0).map(({ action }) => action));
  expect(used).toEqual(new Set([...actions, 'sts:AssumeRole']));
  for (const action of actions) {
    const others = actions.filter((one) => one !== action);
    expect(() => created(properties, others)).toThrow(refusal);
    expect(() => created(properties, others)).toThrow(
      `is not authorized to perform: ${action} on resource: `,
    );
  }
});

test.each<[string, object]>([
  ['nothing of the kind', {}],
  ['traces that others begin', { worker: { TracingConfig: { Mode: 'PassThrough' } } }],
  ['logs that are off', logged('OFF')],
  // Step Functions traces what it can and says nothing where it cannot.
  ['traces of a state machine', { machine: { TracingConfiguration: { Enabled: true } } }],
])('a role is asked for nothing by %s', (_, properties) => {
  expect(created(properties, []).grants.map(({ action }) => action)).toEqual([
    'sts:AssumeRole',
    'sts:AssumeRole',
  ]);
});
