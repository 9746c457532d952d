import { refusal } from '../errors.ts';
import type { JobLimits } from '../models/types.ts';
import { MOST_CHUNKS } from './names.ts';

/** What a request that does not say gets, where the stack does not say either. */
export const DEFAULT_RECORDS_PER_JOB = 1000;

/** Rows `firstRow` … `firstRow + rowCount - 1` of the run, counted from 0. */
export interface RowRange {
  readonly firstRow: number;
  readonly rowCount: number;
}

export interface ChunkPlan {
  readonly rowCount: number;
  readonly chunks: readonly RowRange[];
  /** What the user asked for and does not get, in sentences. */
  readonly notes: readonly string[];
}

export interface ChunkRequest {
  readonly maxRecordsPerJob: number;
  readonly maxJobs?: number | undefined;
  readonly maxRecordsTotal?: number | undefined;
  /** Fewer rows than a job takes are one chunk all the same, and are refused where this is `fail` or absent. */
  readonly smallSets?: 'on_demand' | 'fail' | undefined;
}

export interface DatasetSize {
  readonly rows: number;
  /** What the records of rows [first, end) take at most, in the bytes of a job's file. */
  bytesWithin(first: number, end: number): number;
}

/**
 * N rows at most M a job become ⌈N/M⌉ chunks of nearly equal size, so that no tail falls under the model's minimum.
 * Where M leaves no room for that, the minimum wins; where the records of a chunk pass the model's file size it becomes
 * several; notes say both.
 * @throws BatchError InvalidInput if there are no rows, fewer than one job needs, or a hundred that pass the file size.
 */
export function planChunks(dataset: DatasetSize, request: ChunkRequest, limits: JobLimits): ChunkPlan {
  const { maxRecordsPerJob, maxJobs = Infinity, maxRecordsTotal = Infinity } = request;
  if (dataset.rows === 0) throw refusal('start the run', 'the dataset', 'have at least one row', 0);
  if (maxRecordsPerJob > limits.maxRecords) {
    const rule = `be at most ${limits.maxRecords}, the most records that a job of the model takes`;
    throw refusal('start the run', 'max_records_per_job', rule, maxRecordsPerJob);
  }
  const size = Math.max(maxRecordsPerJob, limits.minRecords);
  const rows = Math.min(dataset.rows, maxRecordsTotal, maxJobs * size);
  if (rows < limits.minRecords && request.smallSets === 'on_demand') {
    return { rowCount: rows, chunks: [{ firstRow: 0, rowCount: rows }], notes: [onDemandNote(rows, limits)] };
  }
  if (rows < limits.minRecords) {
    const rule = `be at least ${limits.minRecords}, the fewest records that a batch inference job takes`;
    throw refusal('start the run', 'the number of rows', rule, rows);
  }
  const count = Math.min(Math.ceil(rows / size), Math.floor(rows / limits.minRecords));
  const whole = countableJobs({ firstRow: 0, rowCount: rows }, count);
  const chunks = whole.flatMap((chunk) => withinFileSize(chunk, dataset, limits)).slice(0, maxJobs);
  if (chunks.length > MOST_CHUNKS) throw tooManyJobs(chunks.length);
  const rowCount = chunks.reduce((sum, chunk) => sum + chunk.rowCount, 0);
  const notes = [...minimumNotes(whole, request, limits), ...sizeNotes(whole, chunks, limits)];
  return { rowCount, chunks, notes };
}

function onDemandNote(rows: number, { minRecords }: JobLimits): string {
  const why = `a batch inference job takes at least ${minRecords} records`;
  return `The ${rows} rows are asked on demand, at the full price: ${why}.`;
}

function countableJobs(range: RowRange, count: number): readonly RowRange[] {
  if (count > MOST_CHUNKS) throw tooManyJobs(count);
  return evenly(range, count);
}

function tooManyJobs(count: number): Error {
  const rule = `be at most ${MOST_CHUNKS} (raise max_records_per_job)`;
  return refusal('start the run', 'the number of jobs', rule, count);
}

function evenly({ firstRow, rowCount }: RowRange, count: number): readonly RowRange[] {
  const size = Math.floor(rowCount / count);
  const larger = rowCount % count;
  return Array.from({ length: count }, (_, i) => ({
    firstRow: firstRow + i * size + Math.min(i, larger),
    rowCount: size + (i < larger ? 1 : 0),
  }));
}

/** The chunk, or as few even parts of it as make every part's file small enough. */
function withinFileSize(
  chunk: RowRange,
  { bytesWithin }: DatasetSize,
  { minRecords, maxFileBytes }: JobLimits,
): readonly RowRange[] {
  const bytesOf = ({ firstRow, rowCount }: RowRange) => bytesWithin(firstRow, firstRow + rowCount);
  const most = Math.floor(chunk.rowCount / minRecords);
  for (let count = Math.max(1, Math.ceil(bytesOf(chunk) / maxFileBytes)); count <= most; count++) {
    const parts = evenly(chunk, count);
    if (parts.every((part) => bytesOf(part) <= maxFileBytes)) return parts;
  }
  const { firstRow, rowCount } = chunk;
  const what = `${minRecords} records of rows ${firstRow + 1} to ${firstRow + rowCount}`;
  const rule = `take at most ${maxFileBytes} bytes, the largest file that a job of the model reads`;
  throw refusal('start the run', what, rule, 'more (shorten the texts)');
}

function minimumNotes(chunks: readonly RowRange[], request: ChunkRequest, { minRecords }: JobLimits) {
  const largest = chunks[0]?.rowCount ?? 0;
  if (largest <= request.maxRecordsPerJob) return [];
  return [
    `Jobs hold up to ${largest} records, more than max_records_per_job = ${request.maxRecordsPerJob}: ` +
      `a batch inference job takes at least ${minRecords}.`,
  ];
}

function sizeNotes(whole: readonly RowRange[], chunks: readonly RowRange[], { maxFileBytes }: JobLimits) {
  if (chunks.every((chunk, i) => chunk.rowCount === whole[i]?.rowCount)) return [];
  return [
    `Some of the ${chunks.length} jobs hold fewer records than they might: ` +
      `the file of a job may have ${maxFileBytes} bytes.`,
  ];
}
