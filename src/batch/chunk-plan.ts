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
  readonly chunkCount: number;
  /** What the user asked for and does not get, in sentences. */
  readonly notes: readonly string[];
}

export interface ChunkRequest {
  readonly maxRecordsPerJob: number;
  readonly maxJobs?: number | undefined;
  readonly maxRecordsTotal?: number | undefined;
}

/**
 * N rows at most M a job become ⌈N/M⌉ chunks of nearly equal size, so that no tail falls under the model's minimum.
 * Where M leaves no room for that, the minimum wins and a note says so.
 * @throws BatchError InvalidInput if there are no rows, or fewer than one job needs.
 */
export function planChunks(
  datasetRows: number,
  request: ChunkRequest,
  limits: Pick<JobLimits, 'minRecords' | 'maxRecords'>,
): ChunkPlan {
  const { maxRecordsPerJob, maxJobs = Infinity, maxRecordsTotal = Infinity } = request;
  if (datasetRows === 0) throw refusal('start the run', 'the dataset', 'have at least one row', 0);
  if (maxRecordsPerJob > limits.maxRecords) {
    const rule = `be at most ${limits.maxRecords}, the most records that a job of the model takes`;
    throw refusal('start the run', 'max_records_per_job', rule, maxRecordsPerJob);
  }
  const size = Math.max(maxRecordsPerJob, limits.minRecords);
  const rowCount = Math.min(datasetRows, maxRecordsTotal, maxJobs * size);
  if (rowCount < limits.minRecords) {
    const rule = `be at least ${limits.minRecords}, the fewest records that a batch inference job takes`;
    throw refusal('start the run', 'the number of rows', rule, rowCount);
  }
  const chunkCount = Math.min(Math.ceil(rowCount / size), Math.floor(rowCount / limits.minRecords));
  if (chunkCount > MOST_CHUNKS) {
    throw refusal(
      'start the run',
      'the number of jobs',
      `be at most ${MOST_CHUNKS} (raise max_records_per_job)`,
      chunkCount,
    );
  }
  return { rowCount, chunkCount, notes: planNotes(rowCount, chunkCount, request, limits.minRecords) };
}

function planNotes(
  rowCount: number,
  chunkCount: number,
  request: ChunkRequest,
  minRecords: number,
): string[] {
  const largest = Math.ceil(rowCount / chunkCount);
  if (largest <= request.maxRecordsPerJob) return [];
  return [
    `Jobs hold up to ${largest} records, more than max_records_per_job = ${request.maxRecordsPerJob}: ` +
      `a batch inference job takes at least ${minRecords}.`,
  ];
}

/** The rows of one chunk. Computed, not stored: a plan of any number of chunks is two numbers. */
export function chunkRange(plan: Pick<ChunkPlan, 'rowCount' | 'chunkCount'>, index: number): RowRange {
  const size = Math.floor(plan.rowCount / plan.chunkCount);
  const larger = plan.rowCount % plan.chunkCount;
  return { firstRow: index * size + Math.min(index, larger), rowCount: size + (index < larger ? 1 : 0) };
}

/** The chunk that holds a row: the inverse of `chunkRange`. */
export function chunkOf(plan: Pick<ChunkPlan, 'rowCount' | 'chunkCount'>, row: number): number {
  const size = Math.floor(plan.rowCount / plan.chunkCount);
  const larger = plan.rowCount % plan.chunkCount;
  const inLarger = Math.floor(row / (size + 1));
  return inLarger < larger ? inLarger : Math.floor((row - larger) / size);
}
