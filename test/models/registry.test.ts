import { resolveModel } from '../../src/models/registry.ts';

const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const foundationArn = `arn:aws:bedrock:us-east-1::foundation-model/${haiku}`;
const refused = (message: string) => expect.objectContaining({ kind: 'InvalidInput', message });
const families =
  'Anthropic Claude (anthropic.claude-*); Amazon Titan Text Embeddings V2 (amazon.titan-embed-text-v2:0)';

test.each([
  ['anthropic.claude-3-haiku-20240307-v1:0', 'response'],
  ['us.anthropic.claude-3-haiku-20240307-v1:0', 'response'],
  [`global.${haiku}`, 'response'],
  [`arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${haiku}`, 'response'],
  ['amazon.titan-embed-text-v2:0', 'embedding'],
  ['arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0', 'embedding'],
])('%s is asked under its own id and answers with a %s', (modelId, answers) => {
  expect(resolveModel(modelId)).toMatchObject({
    id: modelId,
    family: { answers },
    limits: { minRecords: 100, maxRecords: 100_000, maxFileBytes: 1024 ** 3 },
  });
});

test.each([
  ['amazon.nova-lite-v1:0', `be of a known family: ${families}`],
  ['gpt-4', `be of a known family: ${families}`],
  [haiku, `be an inference profile such as us.${haiku}`],
  ['us.amazon.titan-embed-text-v2:0', 'be amazon.titan-embed-text-v2:0, which has no inference profiles'],
  [foundationArn, `be an inference profile such as us.${haiku}`],
])('refuses %s', (modelId, rule) => {
  expect(() => resolveModel(modelId)).toThrow(
    refused(`Cannot start the run: model_id must ${rule}, got ${modelId}.`),
  );
});

test('shows a blank id in quotes', () => {
  expect(() => resolveModel('  ')).toThrow(
    refused(`Cannot start the run: model_id must be of a known family: ${families}, got "  ".`),
  );
});
