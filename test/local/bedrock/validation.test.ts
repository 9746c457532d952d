import { JOB_IDENTIFIER, LIST_JOBS } from '../../../src/local/bedrock/constraints.ts';
import { assertCreateJob, assertMembers } from '../../../src/local/bedrock/validation.ts';

const sound = {
  jobName: 'run-1.chunk+7',
  roleArn: 'arn:aws:iam::123456789012:role/service/batch',
  modelId: 'us.anthropic.claude-haiku-4-5-20251001-v1:0',
  clientRequestToken: 'a1b2-c3',
  inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://some-bucket/in/x.jsonl', s3InputFormat: 'JSONL' } },
  outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://some-bucket/out/' } },
};
const s3In = (s3Uri: unknown) => ({ inputDataConfig: { s3InputDataConfig: { s3Uri } } });
const kms = (s3EncryptionKeyId: string) => ({
  outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://some-bucket/out/', s3EncryptionKeyId } },
});
const owners = (s3BucketOwner: string) => ({
  inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://some-bucket/x.jsonl', s3BucketOwner } },
  outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://some-bucket/out/', s3BucketOwner } },
});

it.each([
  {},
  { modelId: 'amazon.titan-embed-text-v2:0' },
  { modelId: 'moonshotai.kimi-k2.5' },
  { modelId: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0' },
  { modelId: 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-opus-4-5' },
  { modelId: 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123def456' },
  { timeoutDurationInHours: 24 },
  { timeoutDurationInHours: 168 },
  { modelInvocationType: 'Converse' },
  { vpcConfig: { subnetIds: ['subnet-1'], securityGroupIds: ['sg-1'] } },
  { tags: [{ key: 'team', value: 'a b' }] },
  { clientRequestToken: undefined },
  s3In('s3://some-bucket'),
  s3In("s3://some-bucket/a/b-!_*'().jsonl"),
  kms('alias/my-key'),
  { memberOfANewerSdk: 1 },
  { jobName: 'a'.repeat(63) },
  { jobName: '1.+-' },
  { roleArn: 'arn:aws-us-gov:iam::123456789012:role/x' },
  { roleArn: 'arn:aws:iam:::role/x' },
  {
    modelId: 'arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.titan-embed-text-v2:0/abc123def456',
  },
  { clientRequestToken: 'a'.repeat(256) },
  { clientRequestToken: 'a--b' },
  { vpcConfig: { subnetIds: Array(16).fill('subnet-1'), securityGroupIds: Array(5).fill('sg-1') } },
  { tags: [] },
  { tags: Array(200).fill({ key: 'a', value: '' }) },
  { tags: [{ key: 'a'.repeat(128), value: 'a'.repeat(256) }] },
  s3In(`s3://some-bucket/${'a'.repeat(1006)}`),
  s3In('s3://some-bucket/folder/'),
  owners('123456789012'),
  kms('1234abcd-12ab-34cd-56ef-1234567890ab'),
  kms('arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'),
  kms('arn:aws:kms:us-east-1:123456789012:alias/my-key'),
])('accepts %j', (change) => {
  expect(() => assertCreateJob({ ...sound, ...change })).not.toThrow();
});

it.each([
  [{ jobName: undefined }, "Value null at 'jobName' failed to satisfy constraint: Member must not be null"],
  [{ jobName: 'a_b' }, "Value 'a_b' at 'jobName'"],
  [{ jobName: 'a b' }, "'jobName'"],
  [{ jobName: '-a' }, "'jobName'"],
  [{ jobName: 'a'.repeat(64) }, 'length less than or equal to 63'],
  [{ jobName: `a${'-'.repeat(61)}_` }, 'regular expression'],
  [{ roleArn: 'arn:aws:iam::1:role/x' }, "'roleArn'"],
  [{ modelId: 'no such model!' }, "'modelId'"],
  [{ clientRequestToken: 'a_b' }, "'clientRequestToken'"],
  [{ timeoutDurationInHours: 23 }, 'greater than or equal to 24'],
  [{ timeoutDurationInHours: 169 }, 'less than or equal to 168'],
  [{ timeoutDurationInHours: 24.5 }, 'an integer'],
  [{ modelInvocationType: 'Chat' }, '[InvokeModel, Converse]'],
  [{ vpcConfig: { subnets: ['subnet-1'] } }, "'vpcConfig.subnetIds'"],
  [{ vpcConfig: { subnetIds: [], securityGroupIds: ['sg-1'] } }, 'length greater than or equal to 1'],
  [{ tags: [{ key: '', value: 'x' }] }, "'tags.1.member.key'"],
  [s3In('s3://some-bucket/dt=2026-01-01/x.jsonl'), "'inputDataConfig.s3InputDataConfig.s3Uri'"],
  [s3In('s3://some-bucket/a b.jsonl'), 's3Uri'],
  [s3In('s3://some-bucket/a//b.jsonl'), 's3Uri'],
  [s3In('s3://some-bucket/a+b.jsonl'), 's3Uri'],
  [s3In('s3://UPPER/a.jsonl'), 's3Uri'],
  [s3In(undefined), 's3Uri'],
  [{ inputDataConfig: {} }, "'inputDataConfig.s3InputDataConfig'"],
  [kms('not a key'), 's3EncryptionKeyId'],
  [kms('arn:aws:kms:us-east-1:1:key/x'), 's3EncryptionKeyId'],
  [{ jobName: '' }, 'length greater than or equal to 1'],
  [{ jobName: 7 }, 'Member must be a string'],
  [{ roleArn: `arn:aws:iam::123456789012:role/${'a'.repeat(2018)}` }, 'less than or equal to 2048'],
  [{ roleArn: 'arn:aws:iam::123456789012:user/x' }, "'roleArn'"],
  [{ modelId: '' }, "'modelId'"],
  [{ modelId: 'a'.repeat(2049) }, 'length less than or equal to 2048'],
  [
    { modelId: 'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc123def456' },
    "'modelId' failed to satisfy constraint: Member must satisfy regular expression pattern",
  ],
  [{ clientRequestToken: '' }, "'clientRequestToken'"],
  [{ clientRequestToken: 'a-' }, "'clientRequestToken'"],
  [{ clientRequestToken: 'a'.repeat(257) }, 'length less than or equal to 256'],
  [{ timeoutDurationInHours: '24' }, 'an integer'],
  [{ vpcConfig: { subnetIds: Array(17).fill('subnet-1'), securityGroupIds: ['sg-1'] } }, 'equal to 16'],
  [{ vpcConfig: { subnetIds: ['subnet-1'], securityGroupIds: Array(6).fill('sg-1') } }, 'equal to 5'],
  [{ vpcConfig: { subnetIds: ['subnet_1'], securityGroupIds: ['sg-1'] } }, "'vpcConfig.subnetIds.1.member'"],
  [{ vpcConfig: { subnetIds: ['a'.repeat(33)], securityGroupIds: ['sg-1'] } }, 'equal to 32'],
  [{ tags: Array(201).fill({ key: 'a', value: 'x' }) }, 'length less than or equal to 200'],
  [{ tags: [{ key: 'a'.repeat(129), value: 'x' }] }, 'length less than or equal to 128'],
  [{ tags: [{ key: 'a', value: 'a'.repeat(257) }] }, 'length less than or equal to 256'],
  [{ tags: [{ key: 'a', value: '!' }] }, "'tags.1.member.value'"],
  [{ tags: [{ key: 'a' }] }, "'tags.1.member.value' failed to satisfy constraint: Member must not be null"],
  [s3In(`s3://some-bucket/${'a'.repeat(1009)}`), 'length less than or equal to 1024'],
  [s3In('s3://some-bucket/a,b.jsonl'), 's3Uri'],
  [s3In('s3://some-bucket/a:b@c.jsonl'), 's3Uri'],
  [s3In('https://some-bucket/a.jsonl'), 's3Uri'],
  [owners('12345'), "'inputDataConfig.s3InputDataConfig.s3BucketOwner'"],
  [owners('12345'), "'outputDataConfig.s3OutputDataConfig.s3BucketOwner'"],
  [
    { inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://some-bucket/a.jsonl', s3InputFormat: 'CSV' } } },
    'enum value set: [JSONL]',
  ],
])('refuses %j', (change, reason) => {
  expect(() => assertCreateJob({ ...sound, ...change })).toThrow(
    expect.objectContaining({ name: 'ValidationException', message: expect.stringContaining(reason) }),
  );
});

it('lists every fault', () => {
  expect(() => assertCreateJob({})).toThrow(/^5 validation errors detected: /);
  expect(() => assertCreateJob(undefined)).toThrow("'body'");
});

describe('what is asked of List', () => {
  it.each([
    {},
    { statusEquals: 'PartiallyCompleted', sortBy: 'CreationTime', sortOrder: 'Ascending' },
    { submitTimeAfter: '2026-01-01T00:00:00Z', submitTimeBefore: '2026-01-01T00:00:00.123Z' },
    { nameContains: 'a+1', maxResults: 1 },
    { maxResults: 1000, nextToken: 'x'.repeat(2048) },
  ])('may be %j', (query) => {
    expect(() => assertMembers(query, LIST_JOBS)).not.toThrow();
  });

  it.each([
    [{ statusEquals: 'Running' }, '[Submitted, Validating, Scheduled, InProgress, Stopping, Completed, '],
    [{ sortBy: 'Status' }, '[CreationTime]'],
    [{ sortOrder: 'Up' }, '[Ascending, Descending]'],
    [{ submitTimeAfter: 'yesterday' }, 'Member must be a timestamp'],
    [{ submitTimeAfter: '1' }, 'Member must be a timestamp'],
    [{ submitTimeBefore: '2026-13-01T00:00:00Z' }, 'Member must be a timestamp'],
    [{ maxResults: 'ten' }, "Value 'ten' at 'maxResults'"],
    [{ nameContains: '_' }, "'nameContains'"],
    [{ nameContains: 'a'.repeat(64) }, 'length less than or equal to 63'],
    [{ maxResults: 0 }, 'greater than or equal to 1'],
    [{ maxResults: 1001 }, 'less than or equal to 1000'],
    [{ nextToken: 'a b' }, "'nextToken'"],
    [{ nextToken: '' }, 'length greater than or equal to 1'],
    [{ nextToken: 'x'.repeat(2049) }, 'length less than or equal to 2048'],
  ])('may not be %j', (query, reason) => {
    expect(() => assertMembers(query, LIST_JOBS)).toThrow(reason);
  });
});

it.each([
  ['abcdefgh1234', true],
  ['arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefgh1234', true],
  ['ABCDEFGH1234', false],
  ['abcdefgh12345', false],
  ['arn:aws:bedrock:us-east-1:123456789012:model-customization-job/abcdefgh1234', false],
])('%s may name a job: %j', (jobIdentifier, isSound) => {
  const check = expect(() => assertMembers({ jobIdentifier }, JOB_IDENTIFIER));
  if (isSound) check.not.toThrow();
  else check.toThrow("'jobIdentifier'");
});
