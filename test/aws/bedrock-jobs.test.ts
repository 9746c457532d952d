import {
  AccessDeniedException,
  BedrockClient,
  ConflictException,
  CreateModelInvocationJobCommand,
  GetModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
  ResourceNotFoundException,
  ServiceQuotaExceededException,
  StopModelInvocationJobCommand,
  ThrottlingException,
  ValidationException,
} from '@aws-sdk/client-bedrock';
import { bedrockJobStopper, bedrockJobs, connectJobProgress } from '../../src/aws/bedrock-jobs.ts';
import { terminalStatuses } from '../steps/fakes.ts';

const options = { roleArn: 'arn:aws:iam::123456789012:role/batch', timeoutDurationInHours: 24 };
const request = {
  jobName: 'jokes-0123456789-00000-1',
  clientRequestToken: 'abc',
  modelId: 'a.model',
  inputUri: 's3://bucket/in/1.jsonl',
  outputUri: 's3://bucket/out/',
};

const client = new BedrockClient({ region: 'us-east-1' });
const send = jest.spyOn(client, 'send') as jest.SpyInstance;
const jobs = bedrockJobs(client, options);
const stopper = bedrockJobStopper(client);
beforeEach(() => send.mockReset());

const fault = { message: 'later', $metadata: {} };

test('asks for a job under the name, token, role and time that it is given', async () => {
  send.mockResolvedValueOnce({ jobArn: 'arn:job' });
  expect(await jobs.create(request)).toBe('arn:job');
  const [command] = send.mock.calls[0] as [CreateModelInvocationJobCommand];
  expect(command).toBeInstanceOf(CreateModelInvocationJobCommand);
  expect(command.input).toEqual({
    jobName: request.jobName,
    clientRequestToken: 'abc',
    modelId: 'a.model',
    ...options,
    inputDataConfig: { s3InputDataConfig: { s3Uri: request.inputUri, s3InputFormat: 'JSONL' } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: request.outputUri } },
  });
});

test.each([
  ['a quota', new ServiceQuotaExceededException(fault)],
  ['a throttle', new ThrottlingException(fault)],
])('%s asks for patience', async (_, cause) => {
  send.mockRejectedValueOnce(cause);
  const patience = { name: 'JobSlotUnavailable', message: 'Cannot go on with the job yet: later', cause };
  await expect(jobs.create(request)).rejects.toMatchObject(patience);
  // The job that is read goes on, and is paid for.
  send.mockRejectedValueOnce(cause);
  await expect(jobs.get('arn:job')).rejects.toMatchObject(patience);
  send.mockRejectedValueOnce(cause);
  await expect(jobs.findByName('jokes')).rejects.toMatchObject(patience);
  send.mockRejectedValueOnce(cause);
  await expect(stopper.stop('arn:job')).rejects.toMatchObject(patience);
});

test('any other fault is passed on', async () => {
  const cause = new AccessDeniedException(fault);
  send.mockRejectedValueOnce(cause);
  await expect(jobs.create(request)).rejects.toBe(cause);
  send.mockRejectedValueOnce(cause);
  await expect(jobs.get('arn:job')).rejects.toBe(cause);
  send.mockRejectedValueOnce(cause);
  await expect(jobs.findByName('jokes')).rejects.toBe(cause);
  send.mockRejectedValueOnce(cause);
  await expect(stopper.stop('arn:job')).rejects.toBe(cause);
});

/** Answers in turn, and what was asked: the paginator asks again with the same object, so it is copied. */
function pages(...answers: readonly object[]): unknown[] {
  const asked: unknown[] = [];
  send.mockImplementation(async ({ input }: { readonly input: object }) => {
    const answer = answers[asked.push({ ...input }) - 1];
    if (answer instanceof Error) throw answer;
    return answer;
  });
  return asked;
}
const listed = (jobName: string, jobArn = `arn:${jobName}`) => ({ jobName, jobArn, status: 'InProgress' });

test('finds a job by exactly its name, over all pages', async () => {
  const asked = pages(
    { invocationJobSummaries: [listed('a-jokes-1'), listed('jokes-10')], nextToken: 'b' },
    { nextToken: 'c' },
    { invocationJobSummaries: [listed('jokes-11'), listed('jokes-1')], nextToken: 'd' },
  );
  expect(await jobs.findByName('jokes-1')).toEqual({
    jobArn: 'arn:jokes-1',
    status: 'InProgress',
    message: undefined,
  });
  expect(asked).toMatchObject([
    { nameContains: 'jokes-1' },
    { nameContains: 'jokes-1', nextToken: 'b' },
    { nameContains: 'jokes-1', nextToken: 'c' },
  ]);
});

test('there may be no job of a name', async () => {
  pages({ invocationJobSummaries: [listed('jokes-10')] });
  expect(await jobs.findByName('jokes-1')).toBeUndefined();
});

test('a conflict of Create means that the job is there: it is adopted', async () => {
  pages(new ConflictException(fault), { invocationJobSummaries: [listed(request.jobName, 'arn:before')] });
  expect(await jobs.create(request)).toBe('arn:before');
});

test('a conflict with what is not listed yet is an error after which Create is tried again', async () => {
  const cause = new ConflictException(fault);
  pages(cause, { invocationJobSummaries: [] });
  await expect(jobs.create(request)).rejects.toMatchObject({ name: 'Error', cause });
});

test('a job that Bedrock does not know is not found', async () => {
  send.mockRejectedValueOnce(new ResourceNotFoundException(fault));
  await expect(jobs.get('arn:job')).rejects.toMatchObject({ kind: 'NotFound' });
});

test('asks a job to stop', async () => {
  send.mockResolvedValueOnce({});
  await stopper.stop('arn:job');
  const [command] = send.mock.calls[0] as [StopModelInvocationJobCommand];
  expect(command).toBeInstanceOf(StopModelInvocationJobCommand);
  expect(command.input).toEqual({ jobIdentifier: 'arn:job' });
});

describe.each([ConflictException, ValidationException])('when a stop is refused by %p', (Refusal) => {
  test.each([...terminalStatuses, 'Stopping'])('a job that is %s need not stop', async (status) => {
    send.mockRejectedValueOnce(new Refusal(fault)).mockResolvedValueOnce({ status });
    await expect(stopper.stop('arn:job')).resolves.toBeUndefined();
  });

  test('one that goes on could not be stopped', async () => {
    const refusal = new Refusal(fault);
    send.mockRejectedValueOnce(refusal).mockResolvedValueOnce({ status: 'InProgress' });
    await expect(stopper.stop('arn:job')).rejects.toBe(refusal);
  });
});

test('an answer without an ARN is an error', async () => {
  send.mockResolvedValueOnce({});
  await expect(jobs.create(request)).rejects.toMatchObject({ kind: 'Internal' });
});

test('reads a job by its ARN', async () => {
  send.mockResolvedValueOnce({ jobArn: 'arn:job', jobName: 'n', status: 'Failed', message: 'less records' });
  expect(await jobs.get('arn:job')).toEqual({
    jobArn: 'arn:job',
    status: 'Failed',
    message: 'less records',
  });
  const [command] = send.mock.calls[0] as [GetModelInvocationJobCommand];
  expect(command).toBeInstanceOf(GetModelInvocationJobCommand);
  expect(command.input).toEqual({ jobIdentifier: 'arn:job' });
});

test('reads the counters of a job', async () => {
  const counts = { totalRecordCount: 9, processedRecordCount: 8, successRecordCount: 7, errorRecordCount: 1 };
  send.mockResolvedValueOnce({ status: 'Completed', ...counts });
  expect(await jobs.get('arn:job')).toMatchObject({ counters: { total: 9, succeeded: 7, failed: 1 } });
});

test('a job without a status has only just been submitted', async () => {
  send.mockResolvedValueOnce({ jobArn: 'arn:job' });
  expect(await jobs.get('arn:job')).toEqual({ jobArn: 'arn:job', status: 'Submitted', message: undefined });
});

test('lists the counters of the jobs of a name since a time, over all pages', async () => {
  const since = new Date('2026-01-02T03:04:05.000Z');
  const pages = [
    {
      invocationJobSummaries: [
        { jobArn: 'arn:1', status: 'InProgress', processedRecordCount: 3, totalRecordCount: 9 },
      ],
      nextToken: 'b',
    },
    { invocationJobSummaries: [{ jobArn: 'arn:2', status: 'Validating' }] },
  ];
  const asked: unknown[] = [];
  const sent = jest.spyOn(BedrockClient.prototype, 'send') as jest.SpyInstance;
  // The paginator asks again with the same object, so what was asked is copied.
  sent.mockImplementation(
    async ({ input }: ListModelInvocationJobsCommand) => pages[asked.push({ ...input }) - 1],
  );
  expect(await connectJobProgress()('jokes-0123456789', since)).toEqual([
    { jobArn: 'arn:1', status: 'InProgress', processed: 3, total: 9 },
    { jobArn: 'arn:2', status: 'Validating', processed: 0, total: 0 },
  ]);
  expect(sent.mock.calls[0]?.[0]).toBeInstanceOf(ListModelInvocationJobsCommand);
  sent.mockRestore();
  const query = { nameContains: 'jokes-0123456789', submitTimeAfter: since };
  expect(asked).toMatchObject([query, { ...query, nextToken: 'b' }]);
});
