import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BedrockClient } from '@aws-sdk/client-bedrock';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { readAnswers } from '../../../src/local/bedrock/answer-ledger.ts';
import { realClock } from '../../../src/local/clock.ts';
import { type LocalAwsOptions, startLocalAws } from '../../../src/local/local-aws.ts';
import { BUCKET, claudeRecords, ended, jobOf, until } from './harness.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bedrock-local-aws-'));
});
afterEach(() => rm(directory, { recursive: true }));

const template = { Resources: { Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: BUCKET } } } };

async function start(options: Partial<LocalAwsOptions> = {}) {
  const assembly = { stackName: 'Stack', template, assetDirectory: () => directory };
  // The jobs' role is in no template.
  const aws = await startLocalAws({ assembly, directory, enforceIam: false, ...options });
  const settings = (service: string) => ({
    endpoint: aws.environment[`AWS_ENDPOINT_URL_${service}`] ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'LOCALUSER', secretAccessKey: 'local' },
  });
  const client = new BedrockClient(settings('BEDROCK'));
  const s3 = new S3Client({ ...settings('S3'), forcePathStyle: true });
  const stop = async () => {
    client.destroy();
    s3.destroy();
    await aws.close();
  };
  return { aws, service: { client }, s3, stop };
}

test('a job goes on when the local AWS is started again, by its plan of faults, and is in the ledger once', async () => {
  const faults = { records: [{ nth: 1, errorCode: 503 }] } as const;
  const jobs = { stepMs: 1, recordAnswers: true };
  const first = await start({ jobs: { ...jobs, recordsPerSecond: 20 }, faults });
  const Body = claudeRecords(100)
    .map((record) => JSON.stringify(record))
    .join('\n');
  await first.s3.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'in.jsonl', Body }));
  const { jobArn } = await first.service.client.send(jobOf(`s3://${BUCKET}/in.jsonl`));
  await until(first.service, jobArn, ({ processedRecordCount = 0 }) => processedRecordCount > 0);
  await first.stop();
  expect(readAnswers(directory).size).toBe(0);

  const second = await start({ jobs, faults });
  const job = await until(second.service, jobArn, ended);
  expect(job).toMatchObject({ status: 'Completed', successRecordCount: 99, errorRecordCount: 1 });
  expect([...readAnswers(directory).values()]).toEqual(Array(99).fill({ jobs: 1, onDemand: 0 }));
  second.aws.setFaults({ jobs: [{ at: 'Submitted', end: 'Failed', message: 'as planned' }] });
  const { jobArn: next } = await second.service.client.send(jobOf(`s3://${BUCKET}/in.jsonl`));
  expect(await until(second.service, next, ended)).toMatchObject({ status: 'Failed', message: 'as planned' });
  expect(() => second.aws.setFaults({ jobs: [{ at: 'Scheduled', end: 'Completed' }] })).toThrow('Scheduled');
  await second.stop();
});

test('a plan that could not be meant is refused before anything starts', async () => {
  const events = [{ copies: 2, drop: true }] as const;
  await expect(start({ clock: realClock, faults: { events } })).rejects.toThrow('exclude each other');
});
