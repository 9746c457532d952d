import { assertBatchable } from '../../../src/local/bedrock/batch-models.ts';
import type { CreateJobRequest } from '../../../src/local/bedrock/job.ts';
import { catalog } from '../../../src/models/catalog.ts';

type Type = NonNullable<CreateJobRequest['modelInvocationType']>;

const asked = (modelId: string, modelInvocationType?: Type) =>
  assertBatchable({
    ...{ jobName: 'job', roleArn: 'arn:aws:iam::123456789012:role/r', modelId },
    inputDataConfig: { s3InputDataConfig: { s3Uri: 's3://some-bucket/in.jsonl' } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: 's3://some-bucket/out/' } },
    ...(modelInvocationType && { modelInvocationType }),
  });

const account = 'arn:aws:bedrock:us-east-1:123456789012';
const unsupported = (modelId: string) => `Batch inference is not supported for the model ${modelId}.`;

test.each<[string, Type | undefined]>([
  ['us.anthropic.claude-haiku-4-5-20251001-v1:0', 'Converse'],
  ['amazon.titan-embed-text-v2:0', 'InvokeModel'],
  ['us.amazon.nova-2-lite-v1:0', 'Converse'],
  ['amazon.nova-2-multimodal-embeddings-v1:0', 'InvokeModel'],
  ['meta.llama3-1-70b-instruct-v1:0', 'Converse'],
  ['us.meta.llama4-scout-17b-instruct-v1:0', undefined],
  ['mistral.mistral-large-2407-v1:0', undefined],
  ['deepseek.v3-v1:0', undefined],
  ['openai.gpt-oss-120b-1:0', 'Converse'],
  ['qwen.qwen3-32b-v1:0', undefined],
  ['moonshotai.kimi-k2.5', 'InvokeModel'],
  ['arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0', undefined],
  [`${account}:application-inference-profile/abc123def456`, 'Converse'],
  [`${account}:custom-model/amazon.titan-embed-image-v1/abc123def456`, undefined],
])('%s has batch inference by %s', (modelId, type) => {
  expect(() => asked(modelId, type)).not.toThrow();
});

test('every model of the catalog has batch inference', () => {
  for (const { foundationModel, profiles } of catalog) {
    const id = foundationModel.replace('*', 'x-v1:0');
    expect(() => asked(profiles === 'required' ? `us.${id}` : id)).not.toThrow();
  }
});

test.each([
  'foo.bar-v1:0',
  'foo',
  'cohere.embed-english-v3',
  'us.twelvelabs.pegasus-1-2-v1:0',
  'ai21.jamba-1-5-large-v1:0',
  'amazon.titan-embed-text-v1',
  'mistral.pixtral-large-2502-v1:0',
  'arn:aws:bedrock:us-east-1::foundation-model/cohere.embed-v4:0',
  `${account}:custom-model/cohere.command-text-v14/abc123def456`,
])('%s has none', (modelId) => {
  expect(() => asked(modelId)).toThrow(unsupported(modelId));
});

test.each([
  'amazon.titan-embed-text-v2:0',
  'amazon.titan-embed-image-v1',
  'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-2-multimodal-embeddings-v1:0',
  `${account}:custom-model/amazon.titan-embed-text-v2:0/abc123def456`,
])('vectors of %s are not made by Converse', (modelId) => {
  expect(() => asked(modelId, 'InvokeModel')).not.toThrow();
  expect(() => asked(modelId, 'Converse')).toThrow('does not support the Converse invocation type');
});
