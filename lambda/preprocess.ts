import {
  numberVariable,
  optionalVariable,
  requiredNumber,
  requiredVariable,
} from '../src/aws/environment.ts';
import { connectObjectStore } from '../src/aws/object-store.ts';
import { secretText } from '../src/aws/secrets.ts';
import { huggingFaceHub } from '../src/data/hugging-face/hub.ts';
import { type PreprocessInput, preprocess } from '../src/steps/preprocess.ts';
import { observed } from './observed.ts';

const objects = connectObjectStore(requiredVariable('BUCKET_NAME'));
const defaults = {
  maxRecordsPerJob: requiredNumber('MAX_RECORDS_PER_JOB'),
  maxRecordsTotal: numberVariable('MAX_TOTAL_RECORDS'),
};
const secret = optionalVariable('HF_TOKEN_SECRET_NAME');
const hub = huggingFaceHub({
  endpoint: optionalVariable('HF_ENDPOINT'),
  accessToken: async () => (secret === undefined ? undefined : secretText(secret)),
});

export const handler = observed((input: PreprocessInput, timeLeft) =>
  preprocess(input, { objects, hub, defaults, timeLeft }),
);
