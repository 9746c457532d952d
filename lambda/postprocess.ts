import { requiredVariable } from '../src/aws/environment.ts';
import { connectObjectStore } from '../src/aws/object-store.ts';
import { type PostprocessInput, postprocess } from '../src/steps/postprocess.ts';
import { observed } from './observed.ts';

const objects = connectObjectStore(requiredVariable('BUCKET_NAME'));

export const handler = observed((input: PostprocessInput) => postprocess(input, { objects }));
