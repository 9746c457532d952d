import type { ExecutionOutput } from '../../src/steps/summarize.ts';
import { changed, resourceOf } from '../setup/assembly.ts';
import { LocalStack } from '../setup/local-stack.ts';

/** The functions hand over with two minutes to spare, so these have no time at all: each invocation does the least that it may. */
const NO_TIME = 120;

let stack: LocalStack;
beforeAll(async () => {
  const assembly = await changed((template) => {
    for (const step of ['StepsPreprocess', 'StepsAssembleOutput']) {
      resourceOf(template, 'AWS::Lambda::Function', step)[1].Properties.Timeout = NO_TIME;
    }
  });
  stack = await LocalStack.start(assembly);
});
afterAll(() => stack.stop());

const padding = 'x'.repeat(600);
const topics = (rows: number) =>
  `topic,id,text\n${Array.from({ length: rows }, (_, i) => `topic ${i},${i},${padding}\n`).join('')}`;

test('a table too large for one invocation is read and joined in many, each row once and in order', async () => {
  await stack.upload('large/1.csv', topics(12_000));
  await stack.upload('large/2.csv', topics(10));
  const request = {
    s3_uri: `s3://${stack.bucket}/inputs/large/`,
    job_name_prefix: 'large',
    model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
    prompt_id: 'joke_about_topic',
    max_records_per_job: 5000,
  };
  const { executionArn, ...ended } = await stack.run(request);
  expect([ended.status, ended.error, ended.cause]).toEqual(['SUCCEEDED', undefined, undefined]);
  const entered = await stack.statesEntered(executionArn ?? '');
  expect(entered.filter((name) => name === 'Preprocess').length).toBeGreaterThan(2);
  const output = JSON.parse(ended.output ?? '') as ExecutionOutput;
  expect(output).toMatchObject({ rows: 12_010, statuses: { succeeded: 12_010, failed: 0, missing: 0 } });
  const lines = (await stack.download(output.output_uris[0] ?? '')).toString().split('\n');
  expect(lines).toHaveLength(12_002);
  for (const [row, line] of lines.slice(1, -1).entries()) {
    // The simulated model quotes its prompt.
    expect(line.startsWith(`topic ${row},${row},${padding},`)).toBe(true);
    expect(line).toContain(`Tell me a joke about topic ${row}`);
    expect(line).toContain(`R${String(row).padStart(10, '0')},succeeded`);
  }
});
