import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { synthesized } from '../setup/assembly.ts';
import { LocalStack, until } from '../setup/local-stack.ts';

const execute = promisify(execFile);
let stack: LocalStack;
beforeAll(async () => {
  stack = await LocalStack.start(await synthesized(), { jobs: { stepMs: 20, recordsPerSecond: 8 } });
});
afterAll(() => stack.stop());

const command = (...args: readonly string[]) =>
  execute(process.execPath, ['bin/bedrock-batch.mjs', ...args], {
    env: { ...process.env, AWS_ACCESS_KEY_ID: 'LOCALUSER', AWS_SECRET_ACCESS_KEY: 'x', ...stack.environment },
  });

/** An execution with two jobs that are being answered. */
async function running(): Promise<string> {
  const s3_uri = await stack.upload('t.csv', `topic\n${'x\n'.repeat(300)}`);
  const execution = await stack.startExecution({
    s3_uri,
    job_name_prefix: 'jokes',
    model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    prompt_id: 'joke_about_topic',
    max_records_per_job: 150,
  });
  await until(
    () => stack.jobStatuses(),
    (statuses) => statuses.length === 2 && statuses.every((status) => status === 'InProgress'),
  );
  return execution.split(':').at(-1) ?? '';
}

test('cancel stops a run and its jobs; collect joins what they had finished', async () => {
  const run = await running();
  const cancelled = (await command('cancel', run)).stdout;
  expect(cancelled).toMatch(/^Stopped arn:aws:states:.*\n/);
  expect(cancelled).toContain(
    'No job of it is left running (2 Stopped); what is asked on demand stops within seconds.',
  );
  expect(cancelled).toContain(`bedrock-batch collect ${run}`);
  expect(await stack.jobStatuses()).toEqual(['Stopped', 'Stopped']);
  const again = (await command('cancel', run)).stdout;
  expect(again).toContain('The run had ended as ABORTED.');
  const collected = (await command('collect', run)).stdout;
  const [, succeeded, missing] = /(\d+) succeeded, 0 failed, (\d+) missing/.exec(collected) ?? [];
  expect(Number(succeeded) + Number(missing)).toBe(300);
  expect(Number(succeeded)).toBeGreaterThan(0);
  expect(collected).toContain('Collected after its execution had ended');
  const uri = /s3:\S+batch_output_csv\/jokes\/\S+\/t\.csv/.exec(collected)?.[0] ?? '';
  const lines = (await stack.download(uri)).toString().trimEnd().split('\n');
  expect(lines).toHaveLength(301);
  expect(lines.filter((line) => line.includes(',succeeded,'))).toHaveLength(Number(succeeded));
});

test.each(['cancel', 'collect'])('%s of a run that is not there is refused in a sentence', async (what) => {
  await expect(command(what, 'nowhere')).rejects.toMatchObject({
    code: 1,
    stderr: `Cannot ${what} the run: there is no execution arn:aws:states:us-east-1:123456789012:execution:BedrockBatch-run:nowhere.\n`,
  });
});

test('a stack that is not there is refused in a sentence', async () => {
  await expect(command('cancel', 'x', '--stack', 'Other')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no state machine Other-run in this account and Region.'),
  });
});
