import { catalog, catalogEntryOf, foundationModelOf, permittedModels } from '../../src/models/catalog.ts';

const haiku = 'anthropic.claude-haiku-4-5-20251001-v1:0';
const arn = (resource: string, partition = 'aws') =>
  `arn:${partition}:bedrock:us-east-1:123456789012:${resource}`;

test.each([
  [haiku, haiku, false],
  [`us.${haiku}`, haiku, true],
  [`us-gov.${haiku}`, haiku, true],
  [`eu.${haiku}`, haiku, true],
  [`apac.${haiku}`, haiku, true],
  [`jp.${haiku}`, haiku, true],
  [`au.${haiku}`, haiku, true],
  [`ca.${haiku}`, haiku, true],
  [`global.${haiku}`, haiku, true],
  [arn(`inference-profile/us.${haiku}`), haiku, true],
  [arn(`inference-profile/global.${haiku}`, 'aws-us-gov'), haiku, true],
  [`arn:aws:bedrock:us-east-1::foundation-model/${haiku}`, haiku, false],
  [`arn:aws-cn:bedrock:cn-north-1::foundation-model/${haiku}`, haiku, false],
  // Neither names its model, so neither may pass for one.
  [
    arn('application-inference-profile/abcdefghijkl'),
    arn('application-inference-profile/abcdefghijkl'),
    false,
  ],
  [
    arn('custom-model/amazon.titan-embed-text-v2:0/x'),
    arn('custom-model/amazon.titan-embed-text-v2:0/x'),
    false,
  ],
  [`mars.${haiku}`, `mars.${haiku}`, false],
  ['us.', 'us.', false],
  ['', '', false],
])('%s is of the model %s', (modelId, id, profile) => {
  expect(foundationModelOf(modelId)).toEqual({ id, profile });
});

test.each([
  ['anthropic.claude-3-haiku-20240307-v1:0', 'claude', 'optional'],
  ['us.anthropic.claude-3-5-haiku-20241022-v1:0', 'claude', 'optional'],
  ['us.anthropic.claude-3-7-sonnet-20250219-v1:0', 'claude', 'required'],
  [`us.${haiku}`, 'claude', 'required'],
  ['anthropic.claude-sonnet-4-6', 'claude', 'optional'],
  ['anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude', 'required'],
  ['amazon.titan-embed-text-v2:0', 'titan-text-embeddings-v2', 'none'],
])('%s is described by its narrowest entry', (modelId, family, profiles) => {
  expect(catalogEntryOf(modelId)).toMatchObject({ family, profiles });
});

test.each([
  'amazon.titan-embed-text-v1',
  'amazon.titan-embed-text-v2:0:8k',
  'amazon.nova-lite-v1:0',
  'claude-haiku-4-5',
  'Anthropic.claude-3-haiku-20240307-v1:0',
  arn('application-inference-profile/abcdefghijkl'),
  '',
])('%j is of no entry', (modelId) => {
  expect(catalogEntryOf(modelId)).toBeUndefined();
});

test('an entry is never hidden behind a wider one before it', () => {
  for (const entry of catalog) {
    const id = entry.foundationModel.replace('*', 'x');
    expect(catalogEntryOf(id)).toBe(entry);
  }
});

test('the permitted models cover every entry once, with no pattern inside another', () => {
  const permitted = permittedModels().map((entry) => entry.foundationModel);
  expect(permitted).toEqual(['anthropic.claude-*', 'amazon.titan-embed-text-v2:0']);
  for (const { foundationModel } of catalog) {
    const covering = permitted.filter((pattern) =>
      pattern.endsWith('*') ? foundationModel.startsWith(pattern.slice(0, -1)) : foundationModel === pattern,
    );
    expect(covering).toHaveLength(1);
  }
});
