import { assertCreateJob } from '../../../src/local/bedrock/validation.ts';

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
])('refuses %j', (change, reason) => {
  expect(() => assertCreateJob({ ...sound, ...change })).toThrow(
    expect.objectContaining({ name: 'ValidationException', message: expect.stringContaining(reason) }),
  );
});

it('lists every fault', () => {
  expect(() => assertCreateJob({})).toThrow(/^5 validation errors detected: /);
  expect(() => assertCreateJob(undefined)).toThrow("'body'");
});
