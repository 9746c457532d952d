import {
  GetModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
  type ListModelInvocationJobsCommandInput,
  paginateListModelInvocationJobs,
  StopModelInvocationJobCommand,
} from '@aws-sdk/client-bedrock';
import { BedrockSuite, HAIKU, questions, TITAN } from './suite.ts';

const suite = BedrockSuite.forTests();
const get = (jobIdentifier: string) =>
  suite.bedrock.send(new GetModelInvocationJobCommand({ jobIdentifier }));
const stop = (jobIdentifier: string) =>
  suite.bedrock.send(new StopModelInvocationJobCommand({ jobIdentifier }));

describe('a job', () => {
  it('answers every record once, and counts them', async () => {
    const records = questions(120);
    const uri = await suite.put('whole.jsonl', records);
    const job = await suite.run(uri, { timeoutDurationInHours: 48 });
    expect(job).toMatchObject({
      jobArn: expect.stringMatching(/^arn:[^:]+:bedrock:[^:]+:\d{12}:model-invocation-job\/[a-z0-9]{12}$/),
      modelId: expect.stringMatching(new RegExp(`:inference-profile/${HAIKU}$`)),
      ...{ status: 'Completed', timeoutDurationInHours: 48, modelInvocationType: 'InvokeModel' },
      inputDataConfig: { s3InputDataConfig: { s3Uri: uri } },
      ...{ totalRecordCount: 120, processedRecordCount: 120, successRecordCount: 120, errorRecordCount: 0 },
    });
    expect(await suite.outputNames(job)).toEqual(['manifest.json.out', 'whole.jsonl.out']);
    const output = await suite.output(job, 'whole.jsonl.out');
    const ids = output.map(({ recordId }) => recordId);
    expect(ids.sort()).toEqual(records.map(({ recordId }) => recordId).sort());
    for (const { recordId, modelInput, modelOutput } of output) {
      expect(modelInput).toEqual(records[Number(String(recordId).slice(4))]?.modelInput);
      expect(modelOutput).toMatchObject({ type: 'message', usage: { input_tokens: expect.any(Number) } });
    }
    const [manifest] = await suite.output(job, 'manifest.json.out');
    expect(manifest).toMatchObject({
      ...{ totalRecordCount: 120, processedRecordCount: 120, successRecordCount: 120, errorRecordCount: 0 },
      ...{ inputTokenCount: expect.any(Number), outputTokenCount: expect.any(Number) },
    });
  });

  it('is Completed though every record failed', async () => {
    const wrong = questions(100).map(({ recordId }) => ({ recordId, modelInput: { messages: [] } }));
    const job = await suite.run(await suite.put('wrong.jsonl', wrong));
    expect(job).toMatchObject({
      ...{ status: 'Completed', successRecordCount: 0, errorRecordCount: 100, processedRecordCount: 100 },
    });
    const [record = {}] = await suite.output(job, 'wrong.jsonl.out');
    expect(Object.keys(record).sort()).toEqual(['error', 'modelInput', 'recordId']);
    expect(record['error']).toMatchObject({ errorCode: 400, errorMessage: expect.any(String) });
  });

  it('reads every .jsonl below a prefix, and writes an output for each', async () => {
    await suite.put('many/a.jsonl', questions(60));
    const uri = await suite.put('many/b.jsonl', questions(60));
    const job = await suite.run(uri.replace(/b\.jsonl$/, ''));
    expect(job).toMatchObject({ status: 'Completed', totalRecordCount: 120 });
    const names = await suite.outputNames(job);
    expect(names).toEqual(['a.jsonl.out', 'b.jsonl.out', 'manifest.json.out']);
  });

  it('embeds', async () => {
    const records = Array.from({ length: 100 }, (_, n) => ({
      ...{ recordId: `t${n}`, modelInput: { inputText: `text ${n}`, dimensions: 256, normalize: true } },
    }));
    const job = await suite.run(await suite.put('titan.jsonl', records), { modelId: TITAN });
    expect(job).toMatchObject({
      status: 'Completed',
      modelId: expect.stringMatching(new RegExp(`::foundation-model/${TITAN}$`)),
    });
    const [{ modelOutput } = {}] = await suite.output(job, 'titan.jsonl.out');
    expect((modelOutput as { readonly embedding: number[] }).embedding).toHaveLength(256);
  });

  it('of too few records is accepted, and fails', async () => {
    const job = await suite.run(await suite.put('few.jsonl', questions(1)));
    expect(job).toMatchObject({
      ...{ status: 'Failed', processedRecordCount: 0 },
      message: expect.stringMatching(/contains less records \(1\) than the required minimum of: 100/),
    });
  });

  it('is stopped', async () => {
    const jobArn = await suite.submit(await suite.put('stop.jsonl', questions(100)));
    await stop(jobArn);
    const job = await suite.ended(jobArn);
    expect(job.status).toBe('Stopped');
    await expect(stop(jobArn)).rejects.toMatchObject({
      name: expect.stringMatching(/^(Conflict|Validation)Exception$/),
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('is known by its ARN and its id, and created once for a token', async () => {
    const uri = await suite.put('token.jsonl', questions(100));
    const clientRequestToken = suite.prefix.replaceAll(/[^a-z0-9]/g, '');
    const command = suite.jobOf(uri, { clientRequestToken });
    const { jobArn = '' } = await suite.bedrock.send(command);
    expect(await suite.bedrock.send(command)).toMatchObject({ jobArn });
    expect(await get(jobArn.slice(-12))).toMatchObject({ jobArn, clientRequestToken });
    await stop(jobArn);
    await suite.ended(jobArn);
  });
});

describe('Create refuses', () => {
  it.each([
    ['a name with an underscore', { jobName: 'a_b' }, 'jobName'],
    ['a model without the profile that it needs', { modelId: HAIKU.slice(3) }, ''],
    ['a profile that the model does not have', { modelId: `us.${TITAN}` }, ''],
    ['too short a time', { timeoutDurationInHours: 23 }, 'timeoutDurationInHours'],
  ])('%s', async (_, more, named) => {
    const command = suite.jobOf(`s3://${suite.bucket}/batch_inputs_json/none.jsonl`, more);
    await expect(suite.bedrock.send(command)).rejects.toMatchObject({
      ...{ name: 'ValidationException', message: expect.stringContaining(named) },
      $metadata: { httpStatusCode: 400 },
    });
  });
});

it.each([
  ['a job that is not there', 'abcdefgh1234', 'ResourceNotFoundException', 404],
  ['what is no id', 'no-id', 'ValidationException', 400],
])('Get and Stop refuse %s', async (_, jobIdentifier, name, httpStatusCode) => {
  for (const ask of [get, stop]) {
    await expect(ask(jobIdentifier)).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
  }
});

describe('List', () => {
  const nameContains = suite.prefix.slice(-12);
  const names = ['a', 'b', 'c'].map((end) => `contract-${nameContains}-${end}`);

  beforeAll(async () => {
    const uri = await suite.put('listed.jsonl', questions(100));
    for (const jobName of names) await stop(await suite.submit(uri, { jobName }));
  });

  const list = async (input: ListModelInvocationJobsCommandInput = {}) => {
    const command = new ListModelInvocationJobsCommand({ nameContains, ...input });
    return ((await suite.bedrock.send(command)).invocationJobSummaries ?? []).map(({ jobName }) => jobName);
  };

  it('filters by name and status, and sorts by time', async () => {
    expect(await list()).toEqual([...names].reverse());
    expect(await list({ sortBy: 'CreationTime', sortOrder: 'Ascending' })).toEqual(names);
    expect(await list({ statusEquals: 'Completed' })).toEqual([]);
    expect(await list({ submitTimeAfter: new Date(Date.now() + 365 * 86_400_000) })).toEqual([]);
  });

  it('pages', async () => {
    const pages: (string | undefined)[][] = [];
    const paging = { client: suite.bedrock, pageSize: 2 };
    for await (const page of paginateListModelInvocationJobs(paging, { nameContains })) {
      pages.push((page.invocationJobSummaries ?? []).map(({ jobName }) => jobName));
    }
    expect(pages.flat()).toEqual([...names].reverse());
    expect(Math.max(...pages.map(({ length }) => length))).toBeLessThanOrEqual(2);
  });

  it.each([{ maxResults: 1001 }, { nextToken: 'nonsense' }, { nameContains: 'a_b' }])(
    'refuses %j',
    async (input) => {
      await expect(list(input)).rejects.toMatchObject({ name: 'ValidationException' });
    },
  );
});
