import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fastClock } from '../../src/local/clock.ts';
import type { Assembly } from '../../src/local/template/assembly.ts';
import { changed, type MutableTemplate, resourceOf } from '../setup/assembly.ts';
import { LocalStack, until } from '../setup/local-stack.ts';

const table = `topic\n${Array.from({ length: 120 }, (_, i) => `t${i}\n`).join('')}`;

type Check = (stack: LocalStack, input: object) => Promise<void>;

/** What the local AWS runs is the template: a change of the template is a change of the run. */
async function withChange(change: (template: MutableTemplate) => void, check: Check): Promise<void> {
  await withStack(await changed(change), check);
}

async function withStack(assembly: Assembly, check: Check): Promise<void> {
  // A function that dies is tried again for a minute.
  const stack = await LocalStack.start(assembly, { clock: fastClock(30) });
  try {
    const s3_uri = await stack.upload('t.csv', table);
    await check(stack, {
      s3_uri,
      job_name_prefix: 't',
      model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
      prompt_id: 'joke_about_topic',
    });
  } finally {
    await stack.stop();
  }
}

test('without one environment variable of one function the run fails, and says which', () =>
  withChange(
    (template) => {
      delete resourceOf(template, 'AWS::Lambda::Function', 'StepsPostprocess')[1].Properties.Environment
        .Variables.BUCKET_NAME;
    },
    async (stack, input) => {
      const { status, cause } = await stack.run(input);
      expect(status).toBe('FAILED');
      expect(cause).toContain('BUCKET_NAME');
    },
  ));

test('without the event rule nobody answers: the run still waits when its job has long ended', () =>
  withChange(
    (template) => {
      const [, rule] = resourceOf(template, 'AWS::Events::Rule', 'JobEventsJobStateChange');
      rule.Properties.EventPattern = { source: ['nobody'] };
    },
    async (stack, input) => {
      const execution = await stack.startExecution(input);
      await until(
        () => stack.jobStatuses(),
        (statuses) => statuses.length > 0 && statuses.every((status) => status === 'Completed'),
      );
      // Less than the quarter of an hour after which the reconciler looks.
      await new Promise((resolve) => setTimeout(resolve, 2000));
      expect((await stack.describe(execution)).status).toBe('RUNNING');
      await stack.stopExecution(execution);
      expect((await stack.describe(execution)).status).toBe('ABORTED');
    },
  ));

/** Takes a second and a half and a good 200 MB: nothing much to a function of 900 seconds and 3008 MB. */
const code = `exports.handler = async () => {
  const held = Buffer.alloc(200 * 2 ** 20, 1);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  throw Object.assign(new Error('done with ' + held.length), { name: 'InvalidInput' });
};`;

/** The assembly with this code for its first step. */
async function withOtherCode(directory: string, properties: object): Promise<Assembly> {
  await writeFile(join(directory, 'index.js'), code);
  const S3Key = 'other-code.zip';
  const assembly = await changed((template) => {
    const [, { Properties }] = resourceOf(template, 'AWS::Lambda::Function', 'StepsPreprocess');
    Object.assign(Properties, properties, { Code: { ...Properties.Code, S3Key } });
  });
  return { ...assembly, assetDirectory: (key) => (key === S3Key ? directory : assembly.assetDirectory(key)) };
}

test.each([
  ['has the time and the memory that the template gives it', {}, 'InvalidInput', 'done with 209715200'],
  ['has less time where the template says so', { Timeout: 1 }, 'Sandbox.Timedout', 'timed out after 1.00'],
  ['has less memory where the template says so', { MemorySize: 128 }, 'Runtime.ExitError', 'exit'],
])('a function %s', async (_, properties, expected, said) => {
  const directory = await mkdtemp(join(tmpdir(), 'other-code-'));
  try {
    await withStack(await withOtherCode(directory, properties), async (stack, input) => {
      const { status, error, cause } = await stack.run(input);
      expect([status, error]).toEqual(['FAILED', expected]);
      expect(cause).toContain(said);
    });
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('a resource that the local AWS does not know is an error, not silence', async () => {
  const assembly = await changed((template) => {
    template.Resources['Queue'] = { Type: 'AWS::SNS::Topic', Properties: {} };
  });
  await expect(LocalStack.start(assembly)).rejects.toThrow('does not know the resource type AWS::SNS::Topic');
});

test.each<[string, (template: MutableTemplate) => void, string]>([
  [
    'the dead letters of a function that may not send them',
    (template) => withoutAction(template, 'JobEventsReconcileServiceRoleDefaultPolicy', 'sqs:SendMessage'),
    'does not have permissions to call SendMessage on SQS',
  ],
  [
    'the traces of a function that may not send them',
    (template) => withoutAction(template, 'StepsSummarizeServiceRoleDefaultPolicy', 'xray:PutTraceSegments'),
    'does not have permissions to call PutTraceSegments on XRAY',
  ],
  [
    'the logs of a state machine that may not deliver them',
    (template) => withoutAction(template, 'RunStateMachineRoleDefaultPolicy', 'logs:CreateLogDelivery'),
    'The state machine IAM Role is not authorized to access the Log Destination',
  ],
])('without the grant there is no stack: %s', async (_, change, said) => {
  await expect(LocalStack.start(await changed(change))).rejects.toThrow(said);
});

function withoutAction(template: MutableTemplate, policyId: string, action: string): void {
  const [, { Properties }] = resourceOf(template, 'AWS::IAM::Policy', policyId);
  const statements: readonly { Action: string | string[] }[] = Properties.PolicyDocument.Statement;
  const found = statements.find(({ Action }) => [Action].flat().includes(action));
  if (found === undefined) throw new Error(`${policyId} does not allow ${action}.`);
  found.Action = [found.Action].flat().filter((one) => one !== action);
}
