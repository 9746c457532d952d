import { statSync } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import { runKeys } from '../src/batch/keys.ts';
import type { Chunk, Part, Run } from '../src/batch/manifest.ts';
import type { Hub } from '../src/data/hugging-face/split.ts';
import { lines } from '../src/data/lines.ts';
import { assembleOutput } from '../src/steps/assemble-output.ts';
import type { ObjectStore } from '../src/steps/collaborators.ts';
import { postprocess } from '../src/steps/postprocess.ts';
import { prepareInput } from '../src/steps/prepare-input.ts';
import { preprocess } from '../src/steps/preprocess.ts';
import type { BenchData, OutputKind } from './data.ts';
import type { Timed } from './measure.ts';
import { claudeModel, titanModel } from './models.ts';

/** A step of a run over one table, on the files themselves or on the local S3. */
export interface OurCase {
  readonly format: 'csv' | 'parquet';
  readonly model: string;
  readonly prompt: string | null;
  readonly step: 'preprocess' | 'prepareInput' | 'postprocess' | 'assembleOutput';
  /** The job whose rows are read; of the whole table where there is none. */
  readonly output?: OutputKind;
}

const short = { model: claudeModel, prompt: 'joke_about_topic' } as const;
const long = { model: claudeModel, prompt: 'question_answering' } as const;
const vectors = { model: titanModel, prompt: null, output: 'vectors' } as const;
const shortText = { ...short, output: 'shortText' } as const;
const longText = { ...short, output: 'longText' } as const;

export const ourCases: Readonly<Record<string, OurCase>> = {
  'preprocess CSV': { format: 'csv', step: 'preprocess', ...short },
  'preprocess Parquet': { format: 'parquet', step: 'preprocess', ...short },
  'prepareInput CSV, short text': { format: 'csv', step: 'prepareInput', ...short },
  'prepareInput CSV, long text': { format: 'csv', step: 'prepareInput', ...long },
  'prepareInput Parquet, short text': { format: 'parquet', step: 'prepareInput', ...short },
  'prepareInput Parquet, long text': { format: 'parquet', step: 'prepareInput', ...long },
  'postprocess short text': { format: 'csv', step: 'postprocess', ...shortText },
  'postprocess long text': { format: 'csv', step: 'postprocess', ...longText },
  'postprocess vectors': { format: 'parquet', step: 'postprocess', ...vectors },
  'assembleOutput short text, CSV': { format: 'csv', step: 'assembleOutput', ...shortText },
  'assembleOutput short text, Parquet': { format: 'parquet', step: 'assembleOutput', ...shortText },
  'assembleOutput long text, CSV': { format: 'csv', step: 'assembleOutput', ...longText },
  'assembleOutput long text, Parquet': { format: 'parquet', step: 'assembleOutput', ...longText },
  'assembleOutput vectors, CSV': { format: 'csv', step: 'assembleOutput', ...vectors },
  'assembleOutput vectors, Parquet': { format: 'parquet', step: 'assembleOutput', ...vectors },
};

/** The rows of a case, and the file of their table. */
function tableOf({ format, output }: OurCase, data: BenchData) {
  const table = output === undefined ? data : data.outputs[output];
  return { rows: table.rows, file: table[format] };
}

const tableKey = (test: OurCase, data: BenchData) => `inputs/${basename(tableOf(test, data).file)}`;
const runName = (test: OurCase) =>
  ({
    job_name_prefix: 'bench',
    run_id: `${test.step}-${test.format}-${test.output ?? test.prompt}`,
  }) as const;
const outputKey = (test: OurCase) => `${runKeys.jobOutput(runName(test), 0, 1)}job/1.jsonl.out`;

/** Keys of the bench's bucket, and the files behind them. */
export function linkedFiles(data: BenchData, test: OurCase): Record<string, string> {
  const linked = { [tableKey(test, data)]: tableOf(test, data).file };
  return test.output === undefined
    ? linked
    : { ...linked, [outputKey(test)]: data.outputs[test.output].file };
}

/** What the steps before the one that is measured made. */
export interface Prepared {
  readonly run: Run;
  readonly chunks: readonly Chunk[];
  readonly part: Part;
}

export async function prepareOurs(test: OurCase, data: BenchData, objects: ObjectStore): Promise<Prepared> {
  const run = await preprocessed(test, data, objects);
  const chunks = (await jsonLines(objects, run.chunks_key)) as Chunk[];
  const [part] = (await jsonLines(objects, run.parts_key)) as Part[];
  const prepared = { run, chunks, part: part as Part };
  if (test.step === 'assembleOutput') await postprocess(postprocessInput(prepared), { objects });
  return prepared;
}

export async function measureOurs(
  test: OurCase,
  data: BenchData,
  prepared: Prepared,
  objects: ObjectStore,
  timed: Timed,
): Promise<void> {
  const { run, chunks, part } = prepared;
  const { rows, file } = tableOf(test, data);
  const steps = {
    preprocess: () => preprocessed(test, data, objects),
    prepareInput: async () => {
      for (const chunk of chunks) await prepareInput({ run, chunk, attempt: 1 }, { objects });
    },
    postprocess: () => postprocess(postprocessInput(prepared), { objects }),
    assembleOutput: () => assembleOutput({ run, part }, { objects, timeLeft: noLimit }),
  };
  const read = test.step === 'postprocess' ? linkedFiles(data, test)[outputKey(test)] : undefined;
  await timed({ rows, bytes: statSync(read ?? file).size }, steps[test.step]);
}

const noLimit = () => Number.POSITIVE_INFINITY;
const noHub: Hub = {
  resolve: () => Promise.reject(new Error('The bench reads no hub.')),
  read: () => Readable.from([]),
};

async function preprocessed(test: OurCase, data: BenchData, objects: ObjectStore): Promise<Run> {
  const defaults = { maxRecordsPerJob: 50_000 };
  const made = await preprocess(inputOf(test, data), { objects, hub: noHub, defaults, timeLeft: noLimit });
  if ('unfinished' in made) throw new Error('Preprocess stopped with time left.');
  return made;
}

function inputOf(test: OurCase, data: BenchData) {
  const { rows } = tableOf(test, data);
  const { job_name_prefix, run_id } = runName(test);
  const request = {
    s3_uri: `s3://bench/${tableKey(test, data)}`,
    job_name_prefix,
    model_id: test.model,
    prompt_id: test.prompt,
    max_records_total: rows,
    // An output is of one job.
    ...(test.output === undefined ? {} : { max_records_per_job: rows }),
  };
  return { run_id, execution_arn: 'bench', started_at: '2026-01-01T00:00:00.000Z', request };
}

function postprocessInput({ run, chunks }: Prepared) {
  const chunk = chunks[0] as Chunk;
  const prepared = {
    input_uri: '',
    output_uri: '',
    records: chunk.row_count,
    null_values: 0,
    way: 'batch' as const,
  };
  return { run, chunk, attempt: 1, earlier: [], prepared, job: { status: 'Completed', job_arn: 'arn/job' } };
}

async function jsonLines(objects: ObjectStore, key: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const line of lines(objects.read(key))) found.push(JSON.parse(line));
  return found;
}
