import { foundationModelOf } from '../../models/catalog.ts';

/** How many jobs of one model may be submitted or in progress. */
export interface JobQuota {
  readonly name: string;
  readonly most: number;
}

const MOST_OF_CUSTOM_MODEL = 3;

/** `most` is the quota of a base model, which alone can be adjusted. */
export function jobQuotaOf(modelArn: string, most: number): JobQuota {
  const name = 'Sum of in-progress and submitted batch inference jobs using a';
  return modelArn.includes(':custom-model/')
    ? { name: `${name} custom model`, most: Math.min(most, MOST_OF_CUSTOM_MODEL) }
    : { name: `${name} base model`, most };
}

/** What a quota counts as one model: the same one, by itself or through whichever of its profiles. */
export function countedModelOf(modelArn: string): string {
  return foundationModelOf(modelArn).id;
}
