import { runKeys } from '../../src/batch/keys.ts';
import type { Chunk, Part, Run } from '../../src/batch/manifest.ts';
import { claudeModel, titanModel } from '../models.ts';
import { type GeneratedLines, generatedBytes } from './generated-lines.ts';

/** Rows of a KB each, so that 40 million are 40 GB; a job has at most 100,000. */
const ROW_BYTES = 1024;
const LINES_OF_A_ROW = 2;
const MOST_CHUNK_ROWS = 100_000;
const DIGITS = 12;

const prose = 'the quick brown fox, 東京 🚀 réading; "news" of a lazy dog, ';
const csvProse = prose.replaceAll('"', '""');

export function table(count: number): GeneratedLines {
  const before = 'R,topic ';
  const behind = `,c1,8.25,2026-01-01T00:00:00.000Z,"one line\n${csvProse.repeat(20)}`;
  const text = Buffer.from(before + '0'.repeat(DIGITS) + behind);
  const end = '"\n';
  // Cut in ASCII, so that no character is.
  const cut = text.subarray(0, ROW_BYTES - 64 - end.length).lastIndexOf('dog') + 3;
  const fill = 'x'.repeat(ROW_BYTES - cut - end.length);
  const line = Buffer.concat([text.subarray(0, cut), Buffer.from(fill + end)]);
  const header = Buffer.from('id,topic,input_text,score,created_at,source\n');
  return { header, line, numberAt: before.length, digits: DIGITS, count, numberOf: (i) => i };
}

export type Answers = 'text' | 'vectors';

/** A job's output for the rows from one on, each once, far from its neighbours. */
export function output(answers: Answers, firstRow: number, count: number): GeneratedLines {
  const line = Buffer.from(`${answers === 'text' ? textLine() : vectorLine()},"recordId":"R0000000000"}\n`);
  const step = count % 7919 === 0 ? 7907 : 7919;
  const numberOf = (i: number) => firstRow + ((i * step) % count);
  const numberAt = line.length - '0000000000"}\n'.length;
  return { header: Buffer.alloc(0), line, numberAt, digits: 10, count, numberOf };
}

function textLine(): string {
  const content = [{ type: 'text', text: prose.repeat(13) }];
  const usage = { input_tokens: 20, output_tokens: 200 };
  const message = { id: 'msg_1', type: 'message', content, stop_reason: 'end_turn', usage };
  return `{"modelInput":{"messages":[]},"modelOutput":${JSON.stringify(message)}`;
}

function vectorLine(): string {
  const embedding = Array.from({ length: 1024 }, (_, i) => Math.sin(i) / 10);
  return `{"modelInput":{"inputText":"x"},"modelOutput":${JSON.stringify({ embedding, inputTextTokenCount: 3 })}`;
}

export const runName = { job_name_prefix: 'bench', run_id: 'scale' };
export const tableKey = 'inputs/table.csv';

export interface ScaleRun {
  readonly run: Run;
  readonly chunks: readonly Chunk[];
  readonly part: Part;
}

/** What Preprocess would decide, without its reading the table. */
export function scaleRun(rows: number, answers: Answers): ScaleRun {
  const lines = table(rows);
  const object = { bucket: 'bench', key: tableKey, etag: '"scale"', bytes: generatedBytes(lines) };
  const start = (row: number) => ({
    row,
    offset: lines.header.length + row * ROW_BYTES,
    line: 2 + row * LINES_OF_A_ROW,
  });
  const chunk_count = Math.ceil(rows / MOST_CHUNK_ROWS);
  const chunks = Array.from({ length: chunk_count }, (_, index): Chunk => {
    const first_row = index * MOST_CHUNK_ROWS;
    const row_count = Math.min(MOST_CHUNK_ROWS, rows - first_row);
    const ranges = [{ object, format: 'csv', first_row, row_count, start: start(first_row) } as const];
    return { index, first_row, row_count, ranges };
  });
  const run: Run = {
    ...runName,
    execution_arn: 'bench',
    started_at: '2026-01-01T00:00:00.000Z',
    model_id: answers === 'text' ? claudeModel : titanModel,
    prompt_id: answers === 'text' ? 'question_answering' : null,
    max_attempts: 1,
    small_sets: 'fail',
    max_on_demand_concurrency: 1,
    output_format: 'csv',
    row_count: rows,
    chunk_count,
    chunks_key: runKeys.chunks(runName),
    parts_key: runKeys.parts(runName),
    chunk_reports_prefix: runKeys.chunkReports(runName),
    part_reports_prefix: runKeys.partReports(runName),
    notes: [],
  };
  const source = { object, format: 'csv', first_row: 0, row_count: rows, start: start(0) } as const;
  const output_key = runKeys.output(runName, 'csv', 'table.csv');
  return { run, chunks, part: { index: 0, first_row: 0, source, chunks_from: 0, output_key } };
}
