import { runKeys, s3Uri } from '../batch/keys.ts';
import type { Chunk, Part, PartColumns, PartReport, Run, UploadState } from '../batch/manifest.ts';
import { type OutcomeCounts, OutcomeTally } from '../batch/outcome-counts.ts';
import type { AnswerRow } from '../batch/output-columns.ts';
import { recordIdOf } from '../batch/record-id.ts';
import { answerRow, decodeAnswers, StoredAnswer } from '../data/answers.ts';
import type { Join, JoinPlace } from '../data/join/join.ts';
import { joinedTable } from '../data/join/joined-table.ts';
import { lines } from '../data/lines.ts';
import { BatchError, isFinal } from '../errors.ts';
import { resolveModel } from '../models/registry.ts';
import type { ObjectStore, ObjectUpload } from './collaborators.ts';
import { readJson } from './read-json.ts';
import { putDown, takeUp, type Unfinished } from './unfinished.ts';

export interface AssembleOutputInput {
  readonly run: Run;
  readonly part: Part;
}

export interface AssembleOutputCollaborators {
  readonly objects: ObjectStore;
  /** Milliseconds that the function has left. */
  readonly timeLeft: () => number;
}

/** A join that was put down between two rows. */
interface JoinState {
  readonly place: JoinPlace;
  readonly upload: UploadState;
  readonly outcomes: OutcomeCounts;
}

/** What must be left when the last row is joined: S3 puts an object of thousands of parts together, then. */
const TIME_TO_FINISH = 120_000;

/**
 * Writes the output of one part: its source as it is, with what became of each row beside it. Answers join by row number, so every row
 * of the source is a row of the output. What does not end in the function's time is put down, and goes on in the next invocation.
 * @throws BatchError SourceChanged when the source is another than at the start
 */
export async function assembleOutput(
  input: AssembleOutputInput,
  collaborators: AssembleOutputCollaborators,
): Promise<PartReport | Unfinished> {
  const { run, part } = input;
  const before = await takeUp<JoinState>(
    run.collected ?? run,
    runKeys.join(run, part.index),
    collaborators.objects,
  );
  try {
    return await joinPart(input, collaborators, before);
  } catch (error) {
    // An earlier try completed the upload, and nobody heard of it.
    if (before === undefined || (error as Error).name !== 'NoSuchUpload') throw error;
    return joinPart(input, collaborators, undefined);
  }
}

async function joinPart(
  { run, part }: AssembleOutputInput,
  { objects, timeLeft }: AssembleOutputCollaborators,
  before: JoinState | undefined,
): Promise<PartReport | Unfinished> {
  const tally = new OutcomeTally();
  if (before !== undefined) tally.addCounts(before.outcomes);
  const columns = await columnsOf(part, objects);
  const join = { ...joinOf(run, part, objects, before?.place, tally), ...columns };
  const upload = objects.upload(part.output_key, before?.upload, expectedBytes(part));
  try {
    const state = await added(join, upload, () => timeLeft() > TIME_TO_FINISH);
    if (state !== undefined) {
      const whole: JoinState = { ...state, outcomes: tally.counts() };
      await putDown(run.collected ?? run, runKeys.join(run, part.index), whole, objects);
      return { unfinished: true, rows_so_far: tally.rows };
    }
    requireAllRows(part, tally);
    await upload.complete();
  } catch (error) {
    // What was put down before belongs to its state, from which a retry goes on, if there is one.
    if (before === undefined || isFinal(error)) await upload.abort();
    // No part may come late, over one of the retry's; the error that led here is the one to tell.
    else await upload.pause().catch(() => undefined);
    throw error;
  }
  const output_uri = s3Uri({ bucket: objects.bucket, key: part.output_key });
  return { index: part.index, output_uri, rows: tally.rows, outcomes: tally.counts() };
}

/** Adds the pieces of an output. Returns where it was put down, if it was. */
async function added(
  join: Join,
  upload: ObjectUpload,
  hasTime: () => boolean,
): Promise<Pick<JoinState, 'place' | 'upload'> | undefined> {
  for await (const piece of joinedTable(join)) {
    if (!('place' in piece)) await upload.add(piece);
    else if (!hasTime()) {
      const state = await upload.pause();
      if (state !== undefined) return { place: piece.place(), upload: state };
    }
  }
  return undefined;
}

function joinOf(
  run: Run,
  part: Part,
  objects: ObjectStore,
  from: JoinPlace | undefined,
  tally: OutcomeTally,
): Join {
  const firstRow = part.first_row + ((from?.row ?? part.source.first_row) - part.source.first_row);
  return {
    source: objects.source(part.source.object),
    range: part.source,
    csv: run.csv,
    outputFormat: run.output_format,
    answers: resolveModel(run.model_id).family.answers,
    precision: run.embedding_type,
    rows: answersOf(run, part, firstRow, objects),
    onRow: (row) => tally.addRow(row),
    from,
  };
}

/** Roughly: the source, as much again, and what a vector of 1,024 numbers takes as text in each row. S3's parts are sized by it. */
function expectedBytes({ source }: Part): number {
  return 2 * source.object.bytes + 12_000 * source.row_count;
}

async function columnsOf({ columns_key: key, source }: Part, objects: ObjectStore) {
  if (key === undefined) return {};
  const { columns, types } = (await readJson(objects, key)) as PartColumns;
  // A CSV header may name a column twice, and tells its columns itself.
  return { types, ...(source.format === 'jsonl' && { inputColumns: columns }) };
}

function requireAllRows(part: Part, { rows }: OutcomeTally): void {
  if (rows === part.source.row_count) return;
  const counts = `${part.source.row_count} rows went in and ${rows} came out`;
  throw new BatchError('Internal', `Cannot finish ${part.output_key}: ${counts}.`);
}

/** The answers of a part's rows from one on, in order, from the chunks that hold them. */
async function* answersOf(
  run: Run,
  part: Part,
  firstRow: number,
  objects: ObjectStore,
): AsyncGenerator<readonly AnswerRow[]> {
  const endRow = part.first_row + part.source.row_count;
  for await (const line of lines(objects.read(run.chunks_key, { from: part.chunks_from }))) {
    const chunk = JSON.parse(line) as Chunk;
    const endOfChunk = chunk.first_row + chunk.row_count;
    if (chunk.first_row >= endRow) return;
    if (endOfChunk <= firstRow) continue;
    let row = chunk.first_row;
    for await (const answers of chunkAnswers(run, chunk, objects)) {
      requireInOrder(chunk, row, answers);
      const [first, end] = [Math.max(0, firstRow - row), Math.min(answers.length, endRow - row)];
      if (first < end) yield end - first === answers.length ? answers : answers.slice(first, end);
      row += answers.length;
    }
    if (row !== endOfChunk) throw outOfOrder(chunk, recordIdOf(endOfChunk), recordIdOf(row));
  }
}

/** Rows are joined by position, so every position is held against its record id. */
function requireInOrder(chunk: Chunk, firstRow: number, answers: readonly AnswerRow[]): void {
  for (const [i, answer] of answers.entries()) {
    const row = firstRow + i;
    const isNext = answer instanceof StoredAnswer ? answer.isOf(row) : answer.recordId === recordIdOf(row);
    if (!isNext) throw outOfOrder(chunk, recordIdOf(row), answer.recordId);
  }
}

function outOfOrder({ index }: Chunk, expected: string, found: string): BatchError {
  return new BatchError(
    'Internal',
    `Cannot join the answers of chunk ${index}: ${expected} must come next, got ${found}.`,
  );
}

/** Rows of a chunk without answers that are made together. */
const ROWS_AT_ONCE = 1000;

async function* chunkAnswers(
  run: Run,
  { index, first_row, row_count }: Chunk,
  objects: ObjectStore,
): AsyncGenerator<readonly AnswerRow[]> {
  const key = runKeys.answers(run, index);
  if (await objects.exists(key)) {
    yield* decodeAnswers(objects.read(key));
    return;
  }
  // The chunk's own execution failed; its rows are rows all the same, and the summary tells why.
  const error = {
    code: 'ChunkFailed',
    message: `chunk ${index} ended without answers; summary.json tells why`,
  };
  for (let i = 0; i < row_count; i += ROWS_AT_ONCE) {
    const length = Math.min(ROWS_AT_ONCE, row_count - i);
    yield Array.from({ length }, (_, j) => answerRow(first_row + i + j, { status: 'missing', error }));
  }
}
