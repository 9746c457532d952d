import { requiredVariable } from '../src/aws/environment.ts';
import { connectObjectStore } from '../src/aws/object-store.ts';
import { type PrepareInputInput, prepareInput } from '../src/steps/prepare-input.ts';
import { observed } from './observed.ts';

const objects = connectObjectStore(requiredVariable('BUCKET_NAME'));

export const handler = observed((input: PrepareInputInput) => prepareInput(input, { objects }));
