import { statSync } from 'node:fs';
import type { Chunk, Part, Run } from '../src/batch/manifest.ts';
import { lines } from '../src/data/lines.ts';
import { assembleOutput } from '../src/steps/assemble-output.ts';
import type { ObjectStore } from '../src/steps/collaborators.ts';
import { postprocess } from '../src/steps/postprocess.ts';
import { prepareInput } from '../src/steps/prepare-input.ts';
import { preprocess } from '../src/steps/preprocess.ts';
import type { BenchData } from './data.ts';
import type { Timed } from './measure.ts';
import { claudeModel, titanModel } from './models.ts';

/** A step of a run over one table, on the files themselves or on the local S3. */
export interface OurCase {
  readonly table: 'csv' | 'parquet' | 'textParquet' | 'vectorParquet';
  readonly model: string;
  readonly prompt: string | null;
  readonly step: 'preprocess' | 'prepareInput' | 'postprocess' | 'assembleOutput';
  readonly outputFormat?: 'csv' | 'parquet';
}

const short = { model: claudeModel, prompt: 'joke_about_topic' } as const;
const long = { model: claudeModel, prompt: 'question_answering' } as const;
const vectors = { model: titanModel, prompt: null } as const;

export const ourCases: Readonly<Record<string, OurCase>> = {
  'preprocess CSV': { table: 'csv', step: 'preprocess', ...short },
  'preprocess Parquet': { table: 'parquet', step: 'preprocess', ...short },
  'prepareInput CSV, short text': { table: 'csv', step: 'prepareInput', ...short },
  'prepareInput CSV, long text': { table: 'csv', step: 'prepareInput', ...long },
  'prepareInput Parquet, short text': { table: 'parquet', step: 'prepareInput', ...short },
  'prepareInput Parquet, long text': { table: 'parquet', step: 'prepareInput', ...long },
  'postprocess text': { table: 'textParquet', step: 'postprocess', ...short },
  'postprocess vectors': { table: 'vectorParquet', step: 'postprocess', ...vectors },
  'assembleOutput text, CSV': { table: 'csv', step: 'assembleOutput', ...short },
  'assembleOutput text, Parquet': { table: 'textParquet', step: 'assembleOutput', ...short },
  'assembleOutput vectors, Parquet': { table: 'vectorParquet', step: 'assembleOutput', ...vectors },
};

const keys: Readonly<Record<OurCase['table'], string>> = {
  csv: 'inputs/table.csv',
  parquet: 'inputs/table.parquet',
  textParquet: 'inputs/text-rows.parquet',
  vectorParquet: 'inputs/vector-rows.parquet',
};

const outputKey = 'batch_outputs_json/bench/r1/00000/1/job/1.jsonl.out';

/** Keys of the bench's bucket, and the files behind them. */
export function linkedFiles(data: BenchData, { model }: OurCase): Record<string, string> {
  const tables = Object.entries(keys).map(([table, key]) => [key, data[table as OurCase['table']]]);
  return {
    ...Object.fromEntries(tables),
    [outputKey]: model === titanModel ? data.vectorOutput : data.textOutput,
  };
}

export async function runOurs(
  test: OurCase,
  data: BenchData,
  objects: ObjectStore,
  timed: Timed,
): Promise<void> {
  const file = data[test.table];
  const bytes = statSync(file).size;
  const rows = test.model === titanModel ? data.vectorRows : data.textRows;
  // The output's rows are the table's first, so that a run over them is one job.
  const bounded = test.step === 'postprocess' || test.step === 'assembleOutput' ? rows : data.rows;
  const make = () => preprocess(inputOf(test, bounded), { objects, defaults: { maxRecordsPerJob: 50_000 } });
  if (test.step === 'preprocess') return timed({ rows: data.rows, bytes }, make);
  const run = await make();
  const chunks = (await jsonLines(objects, run.chunks_key)) as Chunk[];
  if (test.step === 'prepareInput') {
    return timed({ rows: data.rows, bytes }, async () => {
      for (const chunk of chunks) await prepareInput({ run, chunk, attempt: 1 }, { objects });
    });
  }
  const outputBytes = statSync(linkedFiles(data, test)[outputKey] ?? '').size;
  const collect = () => postprocess(postprocessInput(run, chunks[0] as Chunk), { objects });
  if (test.step === 'postprocess') return timed({ rows, bytes: outputBytes }, collect);
  await collect();
  const [part] = (await jsonLines(objects, run.parts_key)) as Part[];
  return timed({ rows, bytes: test.table === 'csv' ? (bytes * rows) / data.rows : bytes }, () =>
    assembleOutput({ run, part: part as Part }, { objects }),
  );
}

function inputOf({ table, model, prompt }: OurCase, rows: number) {
  const request = {
    s3_uri: `s3://bench/${keys[table]}`,
    job_name_prefix: 'bench',
    model_id: model,
    ...(prompt === null ? {} : { prompt_id: prompt }),
    ...(table === 'csv' ? { max_records_total: rows } : {}),
    ...(rows <= 100_000 ? { max_records_per_job: Math.max(100, rows) } : {}),
  };
  return { run_id: 'r1', execution_arn: 'bench', started_at: '2026-01-01T00:00:00.000Z', request };
}

function postprocessInput(run: Run, chunk: Chunk) {
  const prepared = { input_uri: '', output_uri: '', records: chunk.row_count, null_values: 0 };
  return { run, chunk, attempt: 1, prepared, job: { status: 'Completed', job_arn: 'arn/job' } };
}

async function jsonLines(objects: ObjectStore, key: string): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const line of lines(objects.read(key))) found.push(JSON.parse(line));
  return found;
}
