import { setImmediate as turn } from 'node:timers/promises';
import { simulatedBackEnd } from '../../../src/local/bedrock/simulate.ts';
import type { Clock } from '../../../src/local/clock.ts';
import {
  BUCKET,
  claudeRecords,
  type Harness,
  HOUR,
  idOf,
  jobOf,
  run,
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

describe('a job that fails after it was accepted', () => {
  it.each([
    ['too few records', claudeRecords(1), 'contains less records (1) than the required minimum of: 100'],
    [
      'a line that is no JSON',
      [...claudeRecords(100), '{"recordId":'],
      'line 101 of x.jsonl is not well-formed JSON',
    ],
    ['a line that is no object', [...claudeRecords(100), '[1]'], 'line 101 of x.jsonl is not a JSON object'],
    ['an empty line', [...claudeRecords(100), '', {}], 'line 101 of x.jsonl is not well-formed JSON'],
    ['a record id that is no text', [...claudeRecords(100), { recordId: 5 }], 'is not a string'],
    [
      'too many records',
      Array.from({ length: 100_001 }, () => '{}'),
      'contains more records than the allowed maximum of: 100000',
    ],
  ])('for %s', async (name, records, message) => {
    const service = await aws.bedrock();
    const uri = await aws.putLines(`in/${name.replaceAll(' ', '-')}/x.jsonl`, records);
    const job = await run(service, jobOf(uri));
    expect(job).toMatchObject({ status: 'Failed', totalRecordCount: 0, processedRecordCount: 0 });
    expect(job.message).toContain(message);
    expect(service.events.map(({ detail }) => detail['status'])).toEqual([
      'Submitted',
      'Validating',
      'Failed',
    ]);
    expect(service.events[2]?.detail['failureMessage']).toBe(job.message);
  });

  it.each([
    ['an object that is not there', `s3://${BUCKET}/in/absent.jsonl`, {}, 'No .jsonl file was found'],
    ['a prefix without .jsonl', `s3://${BUCKET}/nothing/here`, {}, 'No .jsonl file was found'],
    ['a bucket that is not there', 's3://no-such-bucket/x.jsonl', {}, 'NoSuchBucket'],
  ])('for %s', async (_, uri, change, message) => {
    const job = await run(await aws.bedrock(), jobOf(uri, change));
    expect(job.status).toBe('Failed');
    expect(job.message).toContain(message);
  });

  it.each(['input', 'output'])('for an %s bucket that another account owns', async (which) => {
    const uri = await aws.putLines('in/owned.jsonl', claudeRecords(100));
    const owner = (is: string) => ({ s3BucketOwner: is === which ? '999999999999' : '123456789012' });
    const inputDataConfig = { s3InputDataConfig: { s3Uri: uri, ...owner('input') } };
    const s3OutputDataConfig = { s3Uri: `s3://${BUCKET}/out`, ...owner('output') };
    const change = { inputDataConfig, outputDataConfig: { s3OutputDataConfig } };
    const job = await run(await aws.bedrock(), jobOf(uri, change));
    expect(job).toMatchObject({
      status: 'Failed',
      message: `The bucket ${BUCKET} is not owned by the account 999999999999.`,
    });
  });

  it('for an output bucket that is not there', async () => {
    const uri = await aws.putLines('in/no-output.jsonl', claudeRecords(100));
    const outputDataConfig = { s3OutputDataConfig: { s3Uri: 's3://no-such-bucket/out/' } };
    const job = await run(await aws.bedrock(), jobOf(uri, { outputDataConfig }));
    expect(job).toMatchObject({ status: 'Failed', message: expect.stringContaining('NoSuchBucket') });
  });
});

/** Time passes by waiting only, so that what a job gets done in a day does not depend on the machine. */
function waitingClock(): Clock {
  let now = Date.UTC(2026, 0, 1);
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms;
      await turn();
    },
  };
}

describe('the timeout', () => {
  it('expires a job that has not begun', async () => {
    const uri = await aws.putLines('in/expired.jsonl', claudeRecords(100));
    const job = await run(await aws.bedrock({ clock: waitingClock(), stepMs: 10 * HOUR }), jobOf(uri));
    expect(job).toMatchObject({ status: 'Expired', processedRecordCount: 0 });
  });

  it.each([1, 6])('ends a job that is running, with what was done so far, %i at once', async (atOnce) => {
    const uri = await aws.putLines('in/partial.jsonl', claudeRecords(200));
    const service = await aws.bedrock({
      clock: waitingClock(),
      backEnd: { ...simulatedBackEnd, atOnce },
      recordsPerSecond: 100 / (24 * 3600),
      stepMs: HOUR,
    });
    const job = await run(service, jobOf(uri));
    expect(job.status).toBe('PartiallyCompleted');
    const output = await aws.outputOf(`out/${idOf(job)}/partial.jsonl.out`);
    expect(output).toHaveLength(83);
    expect(job.processedRecordCount).toBe(83);
  });
});

it('closes while jobs run, and they neither end nor emit', async () => {
  const service = await aws.bedrock({ recordsPerSecond: 20 });
  const texts = Array.from({ length: 2000 }, (_, i) => ({ modelInput: { inputText: `text ${i}` } }));
  const { jobArn } = await service.client.send(
    jobOf(await aws.putLines('in/closing.jsonl', texts), { modelId: TITAN }),
  );
  await until(service, jobArn, (job) => (job.processedRecordCount ?? 0) > 400);
  await aws.stopServices();
  expect(service.events.at(-1)?.detail['status']).toBe('InProgress');
  expect(await aws.outputKeys({ jobArn })).toEqual([]);
});

it('encrypts the output by the key that it is told', async () => {
  const uri = await aws.putLines('in/encrypted.jsonl', claudeRecords(100));
  const s3OutputDataConfig = { s3Uri: `s3://${BUCKET}/out`, s3EncryptionKeyId: 'alias/my-key' };
  const job = await run(await aws.bedrock(), jobOf(uri, { outputDataConfig: { s3OutputDataConfig } }));
  for (const name of ['encrypted.jsonl.out', 'manifest.json.out']) {
    expect(await aws.head(`out/${idOf(job)}/${name}`)).toMatchObject({
      ...{ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/my-key' },
    });
  }
});

it('says so when an operation is not supported', async () => {
  const { server } = await aws.still();
  const answer = await fetch(`${server.url}/listTagsForResource`, { method: 'POST', body: '{}' });
  expect(answer.status).toBe(404);
  expect(answer.headers.get('x-amzn-errortype')).toBe('UnknownOperationException');
});
