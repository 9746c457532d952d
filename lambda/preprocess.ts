import { numberVariable, requiredNumber, requiredVariable } from '../src/aws/environment.ts';
import { connectObjectStore } from '../src/aws/object-store.ts';
import { type PreprocessInput, preprocess } from '../src/steps/preprocess.ts';
import { observed } from './observed.ts';

const objects = connectObjectStore(requiredVariable('BUCKET_NAME'));
const defaults = {
  maxRecordsPerJob: requiredNumber('MAX_RECORDS_PER_JOB'),
  maxRecordsTotal: numberVariable('MAX_TOTAL_RECORDS'),
};

export const handler = observed((input: PreprocessInput) => preprocess(input, { objects, defaults }));
