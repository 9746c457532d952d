import {
  numberVariable,
  optionalVariable,
  requiredNumber,
  requiredVariable,
} from '../src/aws/environment.ts';
import { connectExecutionReader } from '../src/aws/executions.ts';
import { connectObjectStore } from '../src/aws/object-store.ts';
import { secretText } from '../src/aws/secrets.ts';
import { huggingFaceHub } from '../src/data/hugging-face/hub.ts';
import { beginRun } from '../src/steps/begin-run.ts';
import type { PreprocessInput } from '../src/steps/preprocess.ts';
import { observed } from './observed.ts';

const objects = connectObjectStore(requiredVariable('BUCKET_NAME'));
const executions = connectExecutionReader();
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
  beginRun(input, { objects, hub, executions, defaults, timeLeft }),
);
