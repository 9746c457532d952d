import { runKeys, s3Uri } from '../batch/keys.ts';
import type { Chunk, Run } from '../batch/manifest.ts';
import type { CellBatch } from '../data/cells.ts';
import { type RecordWriter, recordWriter } from '../data/record-writer.ts';
import { openTable } from '../data/table.ts';
import { refusal } from '../errors.ts';
import { resolveModel } from '../models/registry.ts';
import type { JobLimits } from '../models/types.ts';
import { type Prompt, resolvePrompt } from '../prompts/prompt.ts';
import type { ObjectStore } from './collaborators.ts';

export interface PrepareInputInput {
  readonly run: Run;
  readonly chunk: Chunk;
  readonly attempt: number;
}

export interface PreparedInput {
  readonly input_uri: string;
  readonly output_uri: string;
  readonly records: number;
  /** Placeholders that were null in the data and rendered as nothing. */
  readonly null_values: number;
}

/**
 * Writes the records of one attempt, a line each, where its job will read them.
 * @throws BatchError InvalidInput when they pass the model's file size, SourceChanged when the dataset is another than at the start
 */
export async function prepareInput(
  { run, chunk, attempt }: PrepareInputInput,
  { objects }: { readonly objects: ObjectStore },
): Promise<PreparedInput> {
  const { family, limits } = resolveModel(run.model_id);
  const prompt = resolvePrompt(run.prompt_id ?? undefined, family.answers);
  const writer = recordWriter(family.encode, prompt);
  const key = runKeys.jobInput(run, chunk.index, attempt);
  await objects.write(key, recordLines(writer, chunk, limits, cellBatches(chunk, prompt, objects)));
  if (writer.records !== chunk.row_count) {
    throw refusal(
      'prepare the job',
      'the chunk',
      `have ${chunk.row_count} rows as when the run began`,
      writer.records,
    );
  }
  const at = (key: string) => s3Uri({ bucket: objects.bucket, key });
  return {
    input_uri: at(key),
    output_uri: at(runKeys.jobOutput(run, chunk.index, attempt)),
    records: writer.records,
    null_values: writer.nulls,
  };
}

async function* recordLines(
  writer: RecordWriter,
  chunk: Chunk,
  limits: JobLimits,
  batches: AsyncIterable<CellBatch>,
): AsyncGenerator<Uint8Array> {
  for await (const batch of batches) {
    for (const part of writer.write(batch, chunk.first_row + writer.records)) {
      checkSize(writer, chunk, limits);
      yield part;
    }
    checkSize(writer, chunk, limits);
  }
  yield* writer.finish();
}

async function* cellBatches(chunk: Chunk, prompt: Prompt, objects: ObjectStore): AsyncGenerator<CellBatch> {
  for (const range of chunk.ranges) {
    const table = await openTable(objects.source(range.object), range.format);
    const window = { firstRow: range.first_row, rowCount: range.row_count, start: range.start };
    yield* table.cells(window, prompt.columns);
  }
}

function checkSize({ bytes }: RecordWriter, chunk: Chunk, { maxFileBytes }: JobLimits): void {
  if (bytes <= maxFileBytes) return;
  const rule = `be at most ${maxFileBytes} bytes for one job (lower max_records_per_job)`;
  throw refusal('prepare the job', `the ${chunk.row_count} records of chunk ${chunk.index}`, rule, 'more');
}
