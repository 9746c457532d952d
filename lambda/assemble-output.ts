import { requiredVariable } from '../src/aws/environment.ts';
import { connectObjectStore } from '../src/aws/object-store.ts';
import { type AssembleOutputInput, assembleOutput } from '../src/steps/assemble-output.ts';
import { observed } from './observed.ts';

const objects = connectObjectStore(requiredVariable('BUCKET_NAME'));

export const handler = observed((input: AssembleOutputInput, timeLeft) =>
  assembleOutput(input, { objects, timeLeft }),
);
