import { planChunks, type RowRange } from '../../src/batch/chunk-plan.ts';
import { runKeys } from '../../src/batch/keys.ts';
import type { Chunk, PinnedObject, Run } from '../../src/batch/manifest.ts';
import { recordIdOf } from '../../src/batch/record-id.ts';

export const textModel = 'us.anthropic.claude-haiku-4-5-20251001-v1:0';
export const vectorModel = 'amazon.titan-embed-text-v2:0';

const name = { job_name_prefix: 'jokes', run_id: 'run-1' };

export function aRun(change: Partial<Run> = {}): Run {
  return {
    ...name,
    execution_arn: 'arn:aws:states:us-east-1:123456789012:execution:stack-run:run-1',
    started_at: '2026-01-02T03:04:05.000Z',
    model_id: textModel,
    prompt_id: 'joke_about_topic',
    max_attempts: 1,
    small_sets: 'on_demand',
    max_on_demand_concurrency: 20,
    output_format: 'csv',
    row_count: 4,
    chunk_count: 1,
    chunks_key: runKeys.chunks(name),
    parts_key: runKeys.parts(name),
    chunk_reports_prefix: runKeys.chunkReports(name),
    part_reports_prefix: runKeys.partReports(name),
    notes: [],
    ...change,
  };
}

/** The even chunks of a run. */
export function chunkRange({ row_count, chunk_count }: Run, index: number): RowRange {
  const size = { rows: row_count, bytesWithin: () => 0 };
  const limits = { minRecords: 1, maxRecords: row_count, maxFileBytes: 1 };
  const { chunks } = planChunks(size, { maxRecordsPerJob: Math.ceil(row_count / chunk_count) }, limits);
  return chunks[index] as RowRange;
}

/** A chunk of a run over one object, as Preprocess describes it. */
export function aChunk(run: Run, object: PinnedObject, index = 0): Chunk {
  const { firstRow, rowCount } = chunkRange(run, index);
  const range = { object, format: 'csv' as const, first_row: firstRow, row_count: rowCount };
  return { index, first_row: firstRow, row_count: rowCount, ranges: [range] };
}

export const pinnedNowhere: PinnedObject = { bucket: 'bucket', key: 'inputs/t.csv', etag: '"e"', bytes: 0 };

/** `topic` and `id`, a row each. */
export function topics(rows: number): string {
  return `topic,id\n${Array.from({ length: rows }, (_, i) => `topic ${i},${i}\n`).join('')}`;
}

/** Lines of a job's output, as Bedrock writes them: keys in alphabetical order. */
export const outputLine = {
  answer: (row: number, text = `joke ${row}`) =>
    JSON.stringify({
      modelInput: {},
      modelOutput: {
        content: [{ type: 'text', text }],
        stop_reason: 'end_turn',
        usage: { input_tokens: 10, output_tokens: 5 },
      },
      recordId: recordIdOf(row),
    }),
  error: (row: number, errorCode: number | string = 400, errorMessage = 'too long') =>
    JSON.stringify({ error: { errorCode, errorMessage }, modelInput: {}, recordId: recordIdOf(row) }),
} as const;
