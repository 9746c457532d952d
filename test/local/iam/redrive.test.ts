import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  RedriveExecutionCommand,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import { fastClock, realClock } from '../../../src/local/clock.ts';
import { startLocalAws } from '../../../src/local/local-aws.ts';
import type { Template } from '../../../src/local/template/assembly.ts';

const STATES = 'arn:aws:states:us-east-1:123456789012';

/** A Distributed Map whose one child fails, as a role that may do this. */
function templateWith(...statements: readonly object[]): Template {
  const policy = (Statement: unknown) => ({ Version: '2012-10-17', Statement });
  const trust = {
    ...{ Effect: 'Allow', Principal: { Service: 'states.amazonaws.com' } },
    Action: 'sts:AssumeRole',
  };
  const definition = {
    QueryLanguage: 'JSONata',
    StartAt: 'Each',
    States: {
      Each: {
        ...{ Type: 'Map', Label: 'Rows', Items: [1], End: true },
        ItemProcessor: {
          ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
          ...{ StartAt: 'Give up', States: { 'Give up': { Type: 'Fail', Error: 'Gone' } } },
        },
      },
    },
  };
  return {
    Resources: {
      Role: {
        Type: 'AWS::IAM::Role',
        Properties: {
          AssumeRolePolicyDocument: policy(trust),
          Policies: [{ PolicyName: 'own', PolicyDocument: policy(statements) }],
        },
      },
      Machine: {
        Type: 'AWS::StepFunctions::StateMachine',
        Properties: {
          ...{ RoleArn: { 'Fn::GetAtt': ['Role', 'Arn'] }, StateMachineName: 'machine' },
          DefinitionString: JSON.stringify(definition),
        },
      },
    },
  };
}

const allow = (action: string, resource: string) => ({
  ...{ Effect: 'Allow', Action: `states:${action}`, Resource: `${STATES}:${resource}` },
});
const start = allow('StartExecution', 'stateMachine:machine');

async function ended(
  sfn: SFNClient,
  executionArn: string | undefined,
): Promise<DescribeExecutionCommandOutput> {
  for (let tries = 0; tries < 500; tries++) {
    const found = await sfn.send(new DescribeExecutionCommand({ executionArn }));
    if (found.status !== 'RUNNING') return found;
    await realClock.sleep(10);
  }
  throw new Error(`${executionArn} does not end.`);
}

/** What an execution says that was redriven, and its events. */
async function redriven(template: Template) {
  const directory = await mkdtemp(join(tmpdir(), 'local-iam-'));
  const assembly = { stackName: 'Stack', template, assetDirectory: (key: string) => key };
  const aws = await startLocalAws({ assembly, directory, clock: fastClock(1000) });
  const endpoint = aws.environment['AWS_ENDPOINT_URL_SFN'] ?? '';
  const credentials = { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' };
  const sfn = new SFNClient({ endpoint, region: 'us-east-1', credentials });
  try {
    const stateMachineArn = `${STATES}:stateMachine:machine`;
    const { executionArn } = await sfn.send(new StartExecutionCommand({ stateMachineArn }));
    expect((await ended(sfn, executionArn)).error).toBe('States.ExceedToleratedFailureThreshold');
    await sfn.send(new RedriveExecutionCommand({ executionArn }));
    const { error, cause } = await ended(sfn, executionArn);
    const { events = [] } = await sfn.send(new GetExecutionHistoryCommand({ executionArn }));
    return { error, cause, types: events.map(({ type }) => type) };
  } finally {
    sfn.destroy();
    await aws.close();
    await rm(directory, { recursive: true });
  }
}

test('a Map Run is redriven by a role that may redrive its children', async () => {
  const { error, types } = await redriven(
    templateWith(start, allow('RedriveExecution', 'execution:machine/Rows:*')),
  );
  expect(error).toBe('States.ExceedToleratedFailureThreshold');
  expect(types).toContain('MapRunRedriven');
});

test.each<[string, readonly object[]]>([
  ['nothing more than start them', [start]],
  ['redrive the machine itself', [start, allow('RedriveExecution', 'execution:machine:*')]],
  ['redrive those of another label', [start, allow('RedriveExecution', 'execution:machine/Other:*')]],
])('a Map Run is not redriven by a role that may %s', async (_, statements) => {
  const { error, cause, types } = await redriven(templateWith(...statements));
  expect([error, cause]).toEqual([
    'States.Runtime',
    expect.stringContaining(
      `is not authorized to perform: states:RedriveExecution on resource: ${STATES}:execution:machine/Rows:*`,
    ),
  ]);
  expect(types).not.toContain('MapRunRedriven');
});
