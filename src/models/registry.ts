import { refusal } from '../errors.ts';
import { catalogEntryOf, type FamilyName, foundationModelOf } from './catalog.ts';
import { claude } from './claude.ts';
import { titanTextEmbeddingsV2 } from './titan-text-embeddings-v2.ts';
import type { JobLimits, ModelFamily } from './types.ts';

const families = {
  claude,
  'titan-text-embeddings-v2': titanTextEmbeddingsV2,
} as const satisfies Record<FamilyName, ModelFamily>;

export interface Model {
  readonly id: string;
  readonly family: ModelFamily;
  readonly limits: JobLimits;
}

/**
 * The model behind an id, an inference profile's id, or the ARN of either.
 * @throws BatchError InvalidInput for an id of no known family, or one that needs an inference profile and has none, or the reverse.
 */
export function resolveModel(modelId: string): Model {
  const entry = catalogEntryOf(modelId);
  if (entry === undefined) {
    const known = Object.values(families).map((family) => family.name);
    throw refusal('start the run', 'model_id', `be of a known family: ${known.join('; ')}`, modelId);
  }
  const { id, profile } = foundationModelOf(modelId);
  if (entry.profiles === 'required' && !profile) {
    throw refusal('start the run', 'model_id', `be an inference profile such as us.${id}`, modelId);
  }
  if (entry.profiles === 'none' && profile) {
    throw refusal(
      'start the run',
      'model_id',
      `be ${entry.foundationModel}, which has no inference profiles`,
      modelId,
    );
  }
  return { id: modelId, family: families[entry.family], limits: entry.limits };
}
