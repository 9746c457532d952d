import type { Failure } from '../batch/failure.ts';
import { lines } from '../data/lines.ts';
import type { ObjectStore } from './collaborators.ts';
import { readJson } from './read-json.ts';

/** Where a Distributed Map's ResultWriter left the outputs of its child executions. */
export interface MapResult {
  readonly ResultWriterDetails: { readonly Bucket: string; readonly Key: string };
}

export type ChildResult =
  | { readonly output: unknown }
  | { readonly input: unknown; readonly failure: Failure };

/** manifest.json of a ResultWriter. */
interface ResultManifest {
  readonly ResultFiles: Readonly<Record<'SUCCEEDED' | 'FAILED', readonly { readonly Key: string }[]>>;
}

/** A failed child execution, always in Step Functions' own format; `Input` is JSON. */
interface FailedChild {
  readonly Input: string;
  readonly Error?: string;
  readonly Cause?: string;
}

/** What became of each child execution of a Distributed Map, in no order. */
export async function* mapResults(
  objects: ObjectStore,
  { ResultWriterDetails }: MapResult,
): AsyncGenerator<ChildResult> {
  const { ResultFiles } = (await readJson(objects, ResultWriterDetails.Key)) as ResultManifest;
  for (const { Key } of ResultFiles.SUCCEEDED) {
    for await (const output of entries(objects, Key)) yield { output };
  }
  for (const { Key } of ResultFiles.FAILED) {
    for await (const entry of entries(objects, Key)) {
      const { Input, Error: error, Cause: cause } = entry as FailedChild;
      yield { input: JSON.parse(Input), failure: { error, cause } };
    }
  }
}

/** A JSON line each, or one array of them. */
async function* entries(objects: ObjectStore, key: string): AsyncGenerator<unknown> {
  for await (const line of lines(objects.read(key))) {
    const value: unknown = JSON.parse(line);
    if (Array.isArray(value)) yield* value;
    else yield value;
  }
}
