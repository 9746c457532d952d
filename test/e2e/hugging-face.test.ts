import type { ExecutionOutput } from '../../src/steps/summarize.ts';
import { type FakeHub, startFakeHub } from '../data/hugging-face/fake-hub.ts';
import { changed, resourceOf } from '../setup/assembly.ts';
import { LocalStack } from '../setup/local-stack.ts';

const topics = `id,topic\n${Array.from({ length: 150 }, (_, i) => `${i},topic ${i}\n`).join('')}`;
const secretName = 'hugging-face-token';

let hub: FakeHub;
let stack: LocalStack;
beforeAll(async () => {
  hub = await startFakeHub({
    datasets: { 'owner/gated': { files: { 'data/train.csv': topics }, gated: 'accepted', private: true } },
    token: 'hf_secret',
  });
  const assembly = await changed((template) => {
    const [, { Properties }] = resourceOf(template, 'AWS::Lambda::Function', 'StepsPreprocess');
    Object.assign(Properties.Environment.Variables, {
      HF_ENDPOINT: hub.endpoint,
      HF_TOKEN_SECRET_NAME: secretName,
    });
    // As the stack grants it where a secret is named.
    const policy = resourceOf(template, 'AWS::IAM::Policy', 'StepsPreprocess')[1].Properties;
    policy.PolicyDocument.Statement.push({
      ...{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue' },
      Resource: `arn:aws:secretsmanager:us-east-1:123456789012:secret:${secretName}-??????`,
    });
  });
  stack = await LocalStack.start(assembly, { secrets: { [secretName]: 'hf_secret' } });
});
afterAll(async () => {
  await stack.stop();
  await hub.close();
});

const request = {
  dataset_id: 'owner/gated',
  job_name_prefix: 'hf',
  model_id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
  prompt_id: 'joke_about_topic',
};

test('a gated split is fetched with the token that Secrets Manager keeps, and comes back with its answers', async () => {
  const ended = await stack.run(request);
  expect([ended.status, ended.cause]).toEqual(['SUCCEEDED', undefined]);
  const output = JSON.parse(ended.output ?? '') as ExecutionOutput;
  expect(output).toMatchObject({ rows: 150, statuses: { succeeded: 150, failed: 0, missing: 0 } });
  expect(output.output_uris[0]).toMatch(/\/batch_output_csv\/hf\/[^/]+\/train\.csv$/);
  const lines = (await stack.download(output.output_uris[0] ?? '')).toString().split('\n');
  expect(lines.slice(0, 2)).toEqual([
    'id,topic,response,record_id,status,error,stop_reason,input_tokens,output_tokens',
    expect.stringMatching(/^0,topic 0,.*Tell me a joke about topic 0/),
  ]);
  // The token goes to the hub, and nowhere else.
  const told = hub.requests.filter(({ authorization }) => authorization !== undefined);
  expect(new Set(told.map(({ server }) => server))).toEqual(new Set(['hub']));
});

test('a dataset that is not there fails the execution in one sentence', async () => {
  const ended = await stack.run({ ...request, dataset_id: 'owner/none' });
  expect(ended.status).toBe('FAILED');
  expect(ended.cause).toContain('owner/none');
});
