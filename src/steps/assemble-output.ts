import { chunkOf, chunkRange } from '../batch/chunk-plan.ts';
import { runKeys, s3Uri } from '../batch/keys.ts';
import type { Part, PartReport, Run } from '../batch/manifest.ts';
import { countStatuses, type StatusCounts } from '../batch/outcomes.ts';
import { type AnswerRow, answerRow, decodeAnswers } from '../data/answers.ts';
import { joinedTable } from '../data/joined-table.ts';
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
  const counted = countingAnswers(answersOf(run, part, objects));
  const output = joinedTable({
    source: objects.source(part.source.object),
    range: part.source,
    outputFormat: run.output_format,
    answers: family.answers,
    rows: counted.rows,
  });
  await objects.write(part.output_key, output);
  const { succeeded, failed, missing } = counted.counts;
  const rows = succeeded + failed + missing;
  if (rows !== part.source.row_count) {
    throw new BatchError(
      'Internal',
      `Cannot finish ${part.output_key}: ${part.source.row_count} rows went in and ${rows} came out.`,
    );
  }
  return {
    index: part.index,
    output_uri: s3Uri({ bucket: objects.bucket, key: part.output_key }),
    rows,
    statuses: counted.counts,
  };
}

function countingAnswers(answers: AsyncIterable<AnswerRow>): {
  readonly rows: AsyncGenerator<AnswerRow>;
  readonly counts: StatusCounts;
} {
  const counts = countStatuses([]);
  async function* rows() {
    for await (const answer of answers) {
      counts[answer.status]++;
      yield answer;
    }
  }
  return { rows: rows(), counts };
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
      if (row >= part.first_row && row < endRow) yield answer;
      row++;
    }
  }
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
