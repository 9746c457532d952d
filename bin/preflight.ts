import { DEFAULT_RECORDS_PER_JOB } from '../src/batch/chunk-plan.ts';
import { parseS3Uri } from '../src/batch/keys.ts';
import { fileSource } from '../src/data/file-source.ts';
import type { Hub } from '../src/data/hugging-face/split.ts';
import { BatchError } from '../src/errors.ts';
import type { ObjectStore } from '../src/steps/collaborators.ts';
import { preprocess } from '../src/steps/preprocess.ts';

/**
 * Runs the very step that will check the uploaded table on the file itself, and throws its results away: what is wrong with the
 * table is known before anything is started, and told with the file's own name.
 * @throws BatchError with one sentence
 */
export async function preflight(file: string, request: { readonly s3_uri?: string }): Promise<void> {
  const source = await fileSource(file);
  const objects: ObjectStore = {
    bucket: parseS3Uri(request.s3_uri ?? '')?.bucket ?? '',
    pin: async (location) => ({ ...location, etag: '', bytes: source.byteLength }),
    source: () => source,
    exists: async () => false,
    read: () => source.stream(0),
    list: async function* () {
      // Nothing was written yet.
    },
    upload: () => {
      throw new Error('Preprocess joins nothing.');
    },
    async write(_, body) {
      if (typeof body === 'string') return;
      for await (const part of body) part.length;
    },
  };
  const hub: Hub = {
    resolve: () => Promise.reject(new Error('A file is not on the Hub.')),
    read: () => {
      throw new Error('A file is not on the Hub.');
    },
  };
  const defaults = { maxRecordsPerJob: DEFAULT_RECORDS_PER_JOB };
  const input = { run_id: 'preflight', execution_arn: '', started_at: new Date().toISOString(), request };
  try {
    await preprocess(input, { objects, defaults, hub, timeLeft: () => Infinity });
  } catch (error) {
    throw error instanceof BatchError ? named(error, request.s3_uri ?? '', file) : error;
  }
}

/** The refusal by the name that the user gave: nothing was uploaded yet. */
function named(error: BatchError, uri: string, file: string): BatchError {
  return new BatchError(error.kind, error.message.replaceAll(uri, file), { cause: error });
}
