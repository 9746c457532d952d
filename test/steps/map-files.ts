import type { MemoryStore } from './fakes.ts';
import { aChunk, aRun, pinnedNowhere } from './fixtures.ts';

/** Files of a Distributed Map's ResultWriter. */
export interface MapFiles {
  readonly succeeded?: readonly (readonly unknown[])[];
  /** The whole text of a file of failures. */
  readonly failed?: readonly string[];
}

/** What a Distributed Map's ResultWriter leaves behind. */
export function mapResult(objects: MemoryStore, name: string, { succeeded = [], failed = [] }: MapFiles) {
  const folder = `runs/jokes/run-1/${name}/uuid`;
  const put = (kind: string, texts: readonly string[]) =>
    texts.map((text, i) => {
      const Key = `${folder}/${kind}_${i}.jsonl`;
      objects.put(Key, text);
      return { Key, Size: text.length };
    });
  const SUCCEEDED = put(
    'SUCCEEDED',
    succeeded.map((outputs) => outputs.map((output) => `${JSON.stringify(output)}\n`).join('')),
  );
  const ResultFiles = { SUCCEEDED, FAILED: put('FAILED', failed), PENDING: [] };
  const Key = `${folder}/manifest.json`;
  objects.put(Key, JSON.stringify({ DestinationBucket: 'bucket', MapRunArn: 'arn', ResultFiles }, null, 2));
  return { MapRunArn: 'arn', ResultWriterDetails: { Bucket: 'bucket', Key } };
}

/** Failed children, the chunks of these indexes, each with its cause. */
export function failures(causes: readonly (readonly [number, string])[]): string {
  const run = aRun();
  return JSON.stringify(
    causes.map(([index, Cause]) => ({
      Name: 'child',
      Status: 'FAILED',
      // What the state machine's map gives a child.
      Input: JSON.stringify({ run, chunk: { ...aChunk(run, pinnedNowhere), index } }),
      Error: 'States.Timeout',
      Cause,
    })),
  );
}
