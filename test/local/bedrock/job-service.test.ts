import {
  GetModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
  type ListModelInvocationJobsCommandInput,
  paginateListModelInvocationJobs,
  StopModelInvocationJobCommand,
} from '@aws-sdk/client-bedrock';
import { claude } from '../../../src/models/claude.ts';
import {
  ANY_INPUT,
  BUCKET,
  claudeRecords,
  clock,
  ended,
  HAIKU,
  type Harness,
  HOUR,
  idOf,
  jobOf,
  run,
  type Service,
  startHarness,
  TITAN,
  until,
} from './harness.ts';

let aws: Harness;

beforeAll(async () => {
  aws = await startHarness();
});
afterEach(() => aws.stopServices());
afterAll(() => aws.close());

describe('a job that completes', () => {
  it('goes through every status, with an event for each', async () => {
    const service = await aws.bedrock();
    const uri = await aws.putLines('in/whole.jsonl', claudeRecords(150));
    const command = jobOf(uri, { timeoutDurationInHours: 48, clientRequestToken: 'token-1' });
    const job = await run(service, command);
    expect(job).toMatchObject({
      jobArn: expect.stringMatching(
        /^arn:aws:bedrock:us-east-1:123456789012:model-invocation-job\/[a-z0-9]{12}$/,
      ),
      jobName: command.input.jobName,
      modelId: `arn:aws:bedrock:us-east-1:123456789012:inference-profile/${HAIKU}`,
      clientRequestToken: 'token-1',
      roleArn: command.input.roleArn,
      status: 'Completed',
      timeoutDurationInHours: 48,
      modelInvocationType: 'InvokeModel',
      inputDataConfig: command.input.inputDataConfig,
      outputDataConfig: command.input.outputDataConfig,
      totalRecordCount: 150,
      processedRecordCount: 150,
      successRecordCount: 150,
      errorRecordCount: 0,
    });
    expect(Number(job.jobExpirationTime) - Number(job.submitTime)).toBe(48 * HOUR);
    expect(service.events.map((event) => event.detail['status'])).toEqual([
      ...['Submitted', 'Validating', 'Scheduled', 'InProgress', 'Completed'],
    ]);
    expect(service.events[4]).toEqual({
      version: '0',
      id: expect.any(String),
      'detail-type': 'Batch Inference Job State Change',
      source: 'aws.bedrock',
      account: '123456789012',
      time: job.endTime?.toISOString(),
      region: 'us-east-1',
      resources: [job.jobArn],
      detail: {
        version: '0.0',
        accountId: '123456789012',
        batchJobName: job.jobName,
        batchJobArn: job.jobArn,
        batchModelId: job.modelId,
        status: 'Completed',
        failureMessage: '',
        creationTime: expect.stringMatching(/^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M$/),
      },
    });
  });

  it('writes every record once, in another order, and the manifest', async () => {
    const records = claudeRecords(300);
    const job = await run(await aws.bedrock(), jobOf(await aws.putLines('in/order.jsonl', records)));
    expect(await aws.outputKeys(job)).toEqual(['manifest.json.out', 'order.jsonl.out']);
    const output = await aws.outputOf(`out/${idOf(job)}/order.jsonl.out`);
    const ids = output.map((record) => record.recordId);
    const expected = records.map((_, i) => `row-${i}`);
    expect(ids).not.toEqual(expected);
    expect([...ids].sort()).toEqual(expected.sort());
    expect(Object.keys(output[0] ?? {})).toEqual(['modelInput', 'modelOutput', 'recordId']);
    const answer = output.find((record) => record.recordId === 'row-123');
    expect(answer?.modelInput).toEqual(claude.encode('Question 123?'));
    expect(JSON.stringify(answer?.modelOutput)).toContain('Question 123?');
    const usages = output.map(({ modelOutput }) => modelOutput?.['usage'] as Record<string, number>);
    const total = (name: string) => usages.reduce((sum, usage) => sum + (usage[name] ?? 0), 0);
    expect(JSON.parse(await aws.text(`out/${idOf(job)}/manifest.json.out`))).toEqual({
      totalRecordCount: 300,
      processedRecordCount: 300,
      successRecordCount: 300,
      errorRecordCount: 0,
      inputTokenCount: total('input_tokens'),
      outputTokenCount: total('output_tokens'),
    });
  });

  it('writes the same for the same seed', async () => {
    const uri = await aws.putLines('in/seed.jsonl', claudeRecords(100, { ids: false }));
    const [a, b] = await Promise.all([
      run(await aws.bedrock({ seed: 5 }), jobOf(uri)),
      run(await aws.bedrock({ seed: 5 }), jobOf(uri)),
    ]);
    const output = await aws.text(`out/${idOf(a)}/seed.jsonl.out`);
    expect(await aws.text(`out/${idOf(b)}/seed.jsonl.out`)).toBe(output);
  });

  it('makes up the record ids that are not given', async () => {
    const uri = await aws.putLines('in/ids.jsonl', claudeRecords(100, { ids: false }));
    const job = await run(await aws.bedrock(), jobOf(uri));
    const ids = (await aws.outputOf(`out/${idOf(job)}/ids.jsonl.out`)).map((record) => record.recordId);
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[a-zA-Z0-9]{11}$/);
  });

  it('reads every .jsonl below a prefix, writes an output for each, and takes a trailing slash', async () => {
    await aws.putLines('in/many/a.jsonl', claudeRecords(60));
    await aws.putLines('in/many/deep/b.jsonl', claudeRecords(60));
    await aws.putLines('in/many/notes.txt', ['not a record']);
    const outputDataConfig = { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/out/` } };
    const job = await run(await aws.bedrock(), jobOf(`s3://${BUCKET}/in/many/`, { outputDataConfig }));
    expect(job).toMatchObject({ status: 'Completed', totalRecordCount: 120 });
    expect(await aws.outputKeys(job)).toEqual(['a.jsonl.out', 'deep/b.jsonl.out', 'manifest.json.out']);
    expect(await aws.outputOf(`out/${idOf(job)}/deep/b.jsonl.out`)).toHaveLength(60);
  });

  it('writes outputs larger than one part of an upload', async () => {
    const texts = Array.from({ length: 700 }, (_, i) => ({
      recordId: `t${i}`,
      modelInput: { inputText: `text ${i}` },
    }));
    const job = await run(
      await aws.bedrock(),
      jobOf(await aws.putLines('in/titan.jsonl', texts), { modelId: TITAN }),
    );
    expect(job).toMatchObject({
      status: 'Completed',
      modelId: `arn:aws:bedrock:us-east-1::foundation-model/${TITAN}`,
      successRecordCount: 700,
    });
    const output = await aws.outputOf(`out/${idOf(job)}/titan.jsonl.out`);
    expect(output).toHaveLength(700);
    expect(output[0]?.modelOutput?.['embedding']).toHaveLength(1024);
  });

  it('is Completed though every record failed', async () => {
    const wrong = claudeRecords(100).map((record) => ({ ...record, modelInput: { messages: [] } }));
    const job = await run(await aws.bedrock(), jobOf(await aws.putLines('in/wrong.jsonl', wrong)));
    expect(job).toMatchObject({
      status: 'Completed',
      processedRecordCount: 100,
      successRecordCount: 0,
      errorRecordCount: 100,
    });
    const [record] = await aws.outputOf(`out/${idOf(job)}/wrong.jsonl.out`);
    expect(Object.keys(record ?? {})).toEqual(['modelInput', 'error', 'recordId']);
    expect(record?.error).toEqual({ errorCode: 400, errorMessage: 'anthropic_version: Field required' });
  });

  it('shows its counters move while it runs', async () => {
    const service = await aws.bedrock({ recordsPerSecond: 100 });
    const { jobArn } = await service.client.send(
      jobOf(await aws.putLines('in/slow.jsonl', claudeRecords(1000))),
    );
    const before = await until(
      service,
      jobArn,
      (job) => job.status === 'Submitted' || job.status === 'Validating',
    );
    expect(before).toMatchObject({ totalRecordCount: 0, processedRecordCount: 0 });
    const during = await until(service, jobArn, (job) => (job.processedRecordCount ?? 0) > 0);
    expect(during).toMatchObject({ status: 'InProgress', totalRecordCount: 1000, errorRecordCount: 0 });
    expect(during.processedRecordCount).toBeLessThan(1000);
    expect(await until(service, jobArn, ended)).toMatchObject({
      status: 'Completed',
      processedRecordCount: 1000,
    });
  });
});

describe('Create', () => {
  const uri = ANY_INPUT;

  it('refuses what breaks a constraint', async () => {
    const { client } = await aws.still();
    await expect(client.send(jobOf(uri, { jobName: 'a_b' }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining("Value 'a_b' at 'jobName' failed to satisfy constraint"),
      $metadata: { httpStatusCode: 400 },
    });
  });

  it.each([
    [
      'a model without the profile that it needs',
      'anthropic.claude-haiku-4-5-20251001-v1:0',
      'inference profile',
    ],
    ['a profile that the model does not have', `us.${TITAN}`, 'not valid'],
    ['a model without batch inference', 'cohere.embed-english-v3', 'not supported'],
  ])('refuses %s', async (_, modelId, reason) => {
    const { client } = await aws.still();
    await expect(client.send(jobOf(uri, { modelId }))).rejects.toMatchObject({
      name: 'ValidationException',
      message: expect.stringContaining(reason),
    });
  });

  it('answers a token that it knows with the same job', async () => {
    const { client, events } = await aws.still();
    const command = jobOf(uri, { clientRequestToken: 'once' });
    const [a, b] = [await client.send(command), await client.send(command)];
    expect(b.jobArn).toBe(a.jobArn);
    expect(events).toHaveLength(1);
  });

  it('refuses the name of a job in flight, and takes it again when that has ended', async () => {
    const service = await aws.bedrock({ stepMs: 1000 });
    const { jobArn } = await service.client.send(jobOf(uri, { jobName: 'same' }));
    await expect(service.client.send(jobOf(uri, { jobName: 'same' }))).rejects.toMatchObject({
      name: 'ConflictException',
      $metadata: { httpStatusCode: 400 },
    });
    await until(service, jobArn, ended);
    await expect(service.client.send(jobOf(uri, { jobName: 'same' }))).resolves.toHaveProperty('jobArn');
  });

  it('keeps the quota of jobs in flight, for each model', async () => {
    const { client } = await aws.still({ maxJobsPerModel: 2 });
    await client.send(jobOf(uri));
    await client.send(jobOf(uri));
    await expect(client.send(jobOf(uri))).rejects.toMatchObject({
      name: 'ServiceQuotaExceededException',
      $metadata: { httpStatusCode: 400, attempts: 1 },
    });
    await expect(client.send(jobOf(uri, { modelId: TITAN }))).resolves.toHaveProperty('jobArn');
  });
});

describe('Get', () => {
  it('takes an ARN and a bare id', async () => {
    const { client } = await aws.still();
    const { jobArn } = await client.send(jobOf(ANY_INPUT));
    const byArn = await client.send(new GetModelInvocationJobCommand({ jobIdentifier: jobArn }));
    const byId = await client.send(new GetModelInvocationJobCommand({ jobIdentifier: jobArn?.slice(-12) }));
    expect(byArn).toMatchObject({ jobArn, status: 'Submitted', totalRecordCount: 0 });
    expect(byId).toMatchObject({ jobArn });
  });

  it.each([
    ['a job that is not there', 'abcdefgh1234', 'ResourceNotFoundException', 404],
    [
      'a job of another account',
      'arn:aws:bedrock:us-east-1:999999999999:model-invocation-job/abcdefgh1234',
      'ResourceNotFoundException',
      404,
    ],
    ['what is no id', 'no-id', 'ValidationException', 400],
  ])('refuses %s', async (_, jobIdentifier, name, httpStatusCode) => {
    const { client } = await aws.still();
    for (const Command of [GetModelInvocationJobCommand, StopModelInvocationJobCommand]) {
      const answer = client.send(new Command({ jobIdentifier }) as GetModelInvocationJobCommand);
      await expect(answer).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
    }
  });
});

describe('List', () => {
  const uri = ANY_INPUT;
  const list = async ({ client }: Service, input: ListModelInvocationJobsCommandInput) => {
    const { invocationJobSummaries = [] } = await client.send(new ListModelInvocationJobsCommand(input));
    return invocationJobSummaries.map((job) => job.jobName);
  };

  it('filters by name, status and time, and sorts', async () => {
    const service = await aws.still();
    for (const jobName of ['a-1', 'b+1', 'a-2']) {
      await service.client.send(jobOf(uri, { jobName }));
      await clock.sleep(500);
    }
    const all = await service.client.send(new ListModelInvocationJobsCommand({ sortOrder: 'Ascending' }));
    const times = all.invocationJobSummaries?.map((job) => job.submitTime);
    expect(await list(service, {})).toEqual(['a-2', 'b+1', 'a-1']);
    expect(await list(service, { sortBy: 'CreationTime', sortOrder: 'Ascending' })).toEqual([
      'a-1',
      'b+1',
      'a-2',
    ]);
    expect(await list(service, { nameContains: 'a-' })).toEqual(['a-2', 'a-1']);
    expect(await list(service, { nameContains: 'b+' })).toEqual(['b+1']);
    expect(await list(service, { statusEquals: 'Submitted' })).toHaveLength(3);
    expect(await list(service, { statusEquals: 'Completed' })).toEqual([]);
    expect(await list(service, { submitTimeAfter: times?.[0] })).toEqual(['a-2', 'b+1']);
    expect(await list(service, { submitTimeBefore: times?.[2], submitTimeAfter: times?.[0] })).toEqual([
      'b+1',
    ]);
  });

  it('pages, whatever is created meanwhile', async () => {
    const service = await aws.still();
    for (let i = 0; i < 5; i++) await service.client.send(jobOf(uri, { jobName: `page-${i}` }));
    const pages: (string | undefined)[][] = [];
    for await (const page of paginateListModelInvocationJobs({ client: service.client, pageSize: 2 }, {})) {
      pages.push(page.invocationJobSummaries?.map((job) => job.jobName) ?? []);
      await service.client.send(jobOf(uri));
    }
    expect(pages).toEqual([['page-4', 'page-3'], ['page-2', 'page-1'], ['page-0']]);
  });

  it.each([{ maxResults: 1001 }, { nextToken: 'nonsense' }, { nameContains: 'a_b' }])(
    'refuses %j',
    async (input) => {
      await expect(list(await aws.still(), input)).rejects.toMatchObject({ name: 'ValidationException' });
    },
  );
});

describe('Stop', () => {
  it('keeps what was done so far', async () => {
    const service = await aws.bedrock({ recordsPerSecond: 100 });
    const { jobArn } = await service.client.send(
      jobOf(await aws.putLines('in/stop.jsonl', claudeRecords(5000))),
    );
    await until(service, jobArn, (job) => (job.processedRecordCount ?? 0) > 0);
    await service.client.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn }));
    const job = await until(service, jobArn, ended);
    expect(job.status).toBe('Stopped');
    expect(job.processedRecordCount).toBeGreaterThan(0);
    expect(job.processedRecordCount).toBeLessThan(5000);
    expect(await aws.outputOf(`out/${idOf(job)}/stop.jsonl.out`)).toHaveLength(job.processedRecordCount ?? 0);
    expect(JSON.parse(await aws.text(`out/${idOf(job)}/manifest.json.out`))).toMatchObject({
      totalRecordCount: 5000,
      processedRecordCount: job.processedRecordCount,
    });
    expect(service.events.slice(-2).map(({ detail }) => detail['status'])).toEqual(['Stopping', 'Stopped']);
  });

  it('stops a job that has not begun, and refuses one that has ended', async () => {
    const service = await aws.still();
    const { jobArn } = await service.client.send(jobOf(ANY_INPUT));
    const stop = new StopModelInvocationJobCommand({ jobIdentifier: jobArn });
    await service.client.send(stop);
    const job = await until(service, jobArn, ended);
    expect(job).toMatchObject({ status: 'Stopped', processedRecordCount: 0 });
    await expect(service.client.send(stop)).rejects.toMatchObject({
      name: expect.stringMatching(/^(Conflict|Validation)Exception$/),
      $metadata: { httpStatusCode: 400 },
    });
  });
});
