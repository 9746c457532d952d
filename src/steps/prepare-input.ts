import { runKeys, s3Uri } from '../batch/keys.ts';
import type { Chunk, Run } from '../batch/manifest.ts';
import { recordIdOf } from '../batch/record-id.ts';
import { gathered } from '../data/lines.ts';
import { openTable } from '../data/table.ts';
import { refusal } from '../errors.ts';
import { resolveModel } from '../models/registry.ts';
import { type Prompt, render, resolvePrompt } from '../prompts/prompt.ts';
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
  const counts = { records: 0, nulls: 0, bytes: 0 };
  async function* records(): AsyncGenerator<Buffer> {
    for await (const values of rowTexts(chunk, prompt, objects)) {
      const { text, nulls } = render(prompt, values);
      const recordId = recordIdOf(chunk.first_row + counts.records++);
      const line = Buffer.from(`${JSON.stringify({ recordId, modelInput: family.encode(text) })}\n`);
      counts.nulls += nulls;
      counts.bytes += line.length;
      if (counts.bytes > limits.maxFileBytes) throw tooLarge(chunk, limits.maxFileBytes);
      yield line;
    }
  }
  const key = runKeys.jobInput(run, chunk.index, attempt);
  await objects.write(key, gathered(records()));
  if (counts.records !== chunk.row_count) {
    throw refusal(
      'prepare the job',
      'the chunk',
      `have ${chunk.row_count} rows as when the run began`,
      counts.records,
    );
  }
  const at = (key: string) => s3Uri({ bucket: objects.bucket, key });
  return {
    input_uri: at(key),
    output_uri: at(runKeys.jobOutput(run, chunk.index, attempt)),
    records: counts.records,
    null_values: counts.nulls,
  };
}

async function* rowTexts(chunk: Chunk, prompt: Prompt, objects: ObjectStore) {
  for (const range of chunk.ranges) {
    const table = await openTable(objects.source(range.object), range.format);
    const window = { firstRow: range.first_row, rowCount: range.row_count, start: range.start };
    yield* table.texts(window, prompt.columns);
  }
}

function tooLarge(chunk: Chunk, maxBytes: number) {
  const rule = `be at most ${maxBytes} bytes for one job (lower max_records_per_job)`;
  return refusal('prepare the job', `the ${chunk.row_count} records of chunk ${chunk.index}`, rule, 'more');
}
