import { chunkOf, chunkRange } from '../batch/chunk-plan.ts';
import { runKeys, s3Uri } from '../batch/keys.ts';
import type { Part, PartReport, Run } from '../batch/manifest.ts';
import { OutcomeTally } from '../batch/outcome-counts.ts';
import type { AnswerRow } from '../batch/output-columns.ts';
import { recordIdOf } from '../batch/record-id.ts';
import { answerRow, decodeAnswers } from '../data/answers.ts';
import { type Join, joinedTable, splicedTable } from '../data/joined-table.ts';
import { BatchError } from '../errors.ts';
import { resolveModel } from '../models/registry.ts';
import type { ObjectStore } from './collaborators.ts';

export interface AssembleOutputInput {
  readonly run: Run;
  readonly part: Part;
}

/**
 * Joins one source file to its answers: an outer join by row number, so every row of the source is a row of the output.
 * @throws BatchError SourceChanged when the source is another than at the start
 */
export async function assembleOutput(
  { run, part }: AssembleOutputInput,
  { objects }: { readonly objects: ObjectStore },
): Promise<PartReport> {
  const { family } = resolveModel(run.model_id);
  const tally = new OutcomeTally();
  const join: Join = {
    source: objects.source(part.source.object),
    range: part.source,
    outputFormat: run.output_format,
    inputColumns: part.columns,
    answers: family.answers,
    rows: tallied(answersOf(run, part, objects), tally),
  };
  const spliced = part.source.format === 'parquet' && run.output_format === 'parquet';
  if (spliced) await objects.writePieces(part.output_key, splicedTable(join));
  else await objects.write(part.output_key, joinedTable(join));
  if (tally.rows !== part.source.row_count) {
    const counts = `${part.source.row_count} rows went in and ${tally.rows} came out`;
    throw new BatchError('Internal', `Cannot finish ${part.output_key}: ${counts}.`);
  }
  const output_uri = s3Uri({ bucket: objects.bucket, key: part.output_key });
  return { index: part.index, output_uri, rows: tally.rows, outcomes: tally.counts() };
}

async function* tallied(rows: AsyncIterable<AnswerRow>, tally: OutcomeTally): AsyncGenerator<AnswerRow> {
  for await (const row of rows) {
    tally.addRow(row);
    yield row;
  }
}

/** The answers of a part's rows, in order, from the chunks that hold them. */
async function* answersOf(run: Run, part: Part, objects: ObjectStore): AsyncGenerator<AnswerRow> {
  const plan = { rowCount: run.row_count, chunkCount: run.chunk_count };
  const endRow = part.first_row + part.source.row_count;
  for (let chunk = chunkOf(plan, part.first_row); chunk < run.chunk_count; chunk++) {
    const range = chunkRange(plan, chunk);
    if (range.firstRow >= endRow) return;
    let row = range.firstRow;
    for await (const answer of chunkAnswers(run, chunk, objects)) {
      if (answer.recordId !== recordIdOf(row)) throw outOfOrder(chunk, recordIdOf(row), answer.recordId);
      if (row >= part.first_row && row < endRow) yield answer;
      row++;
    }
    const end = range.firstRow + range.rowCount;
    if (row !== end) throw outOfOrder(chunk, recordIdOf(end), recordIdOf(row));
  }
}

/** Rows are joined by position, so every position is held against its record id. */
function outOfOrder(chunk: number, expected: string, found: string): BatchError {
  return new BatchError(
    'Internal',
    `Cannot join the answers of chunk ${chunk}: ${expected} must come next, got ${found}.`,
  );
}

async function* chunkAnswers(run: Run, chunk: number, objects: ObjectStore): AsyncGenerator<AnswerRow> {
  const key = runKeys.answers(run, chunk);
  if (await objects.exists(key)) {
    yield* decodeAnswers(objects.read(key));
    return;
  }
  // The chunk's own execution failed; its rows are rows all the same, and the summary tells why.
  const error = {
    code: 'ChunkFailed',
    message: `chunk ${chunk} ended without answers; summary.json tells why`,
  };
  const { firstRow, rowCount } = chunkRange({ rowCount: run.row_count, chunkCount: run.chunk_count }, chunk);
  for (let i = 0; i < rowCount; i++) yield answerRow(firstRow + i, { status: 'missing', error });
}
