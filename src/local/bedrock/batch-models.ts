import { catalogEntryOf, foundationModelOf } from '../../models/catalog.ts';
import { BedrockError } from './errors.ts';
import type { CreateJobRequest } from './job.ts';

/** How the ids begin that the user guide's page on the models of batch inference lists, besides those of the catalog. */
const LISTED: readonly string[] = [
  ...['amazon.nova-2-lite-v1', 'amazon.nova-2-multimodal-embeddings-v1', 'amazon.nova-lite-v1'],
  ...['amazon.nova-micro-v1', 'amazon.nova-premier-v1', 'amazon.nova-pro-v1', 'amazon.titan-embed-image-v1'],
  ...['deepseek.v3-v1', 'deepseek.v3.2', 'google.gemma-3-', 'meta.llama3-1-', 'meta.llama3-2-'],
  ...['meta.llama3-3-70b-', 'meta.llama4-maverick-', 'meta.llama4-scout-', 'minimax.minimax-m2'],
  ...[
    'mistral.devstral-2-',
    'mistral.magistral-small-',
    'mistral.ministral-3-',
    'mistral.mistral-large-2407-',
  ],
  ...[
    'mistral.mistral-large-3-',
    'mistral.mistral-small-2402-',
    'mistral.voxtral-',
    'moonshot.kimi-k2-thinking',
  ],
  ...['moonshotai.kimi-k2.5', 'nvidia.nemotron-', 'openai.gpt-oss-', 'qwen.qwen3-', 'zai.glm-4.7'],
];

/** Whoever calls these gets vectors; Converse is for conversations. */
const EMBEDDING = /^amazon\.(?:titan-embed|nova-2-multimodal-embeddings)-/;

/** @throws BedrockError ValidationException for a model that Bedrock has no batch inference with, or none of this type */
export function assertBatchable({ modelId, modelInvocationType }: CreateJobRequest): void {
  refuseWrongProfile(modelId);
  // An account's own profile does not say of which model it is.
  if (modelId.includes(':application-inference-profile/')) return;
  const id = baseModelOf(modelId);
  if (catalogEntryOf(id) === undefined && !LISTED.some((start) => id.startsWith(start))) {
    throw new BedrockError(
      'ValidationException',
      `Batch inference is not supported for the model ${modelId}.`,
    );
  }
  if (modelInvocationType === 'Converse' && EMBEDDING.test(id)) {
    throw new BedrockError(
      'ValidationException',
      `The model ${modelId} does not support the Converse invocation type.`,
    );
  }
}

/** Of a custom model the one that it was made from. */
function baseModelOf(modelId: string): string {
  return /:custom-model\/([^/]+)\//.exec(modelId)?.[1] ?? foundationModelOf(modelId).id;
}

function refuseWrongProfile(modelId: string): void {
  const profiles = catalogEntryOf(modelId)?.profiles;
  const { profile } = foundationModelOf(modelId);
  if (profiles === 'required' && !profile) {
    const advice = 'Retry your request with the ID or ARN of an inference profile that contains this model.';
    throw new BedrockError('ValidationException', `Model ${modelId} cannot be called directly. ${advice}`);
  }
  if (profiles === 'none' && profile) {
    throw new BedrockError('ValidationException', `The model identifier ${modelId} is not valid.`);
  }
}
