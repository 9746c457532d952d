import type { Failure } from './failure.ts';
import type { OutputFormat, RunName } from './keys.ts';
import type { OutcomeCounts } from './outcome-counts.ts';
import type { CsvRequest } from './request.ts';

/** An object as it was when the run began; a later read fails if its ETag is another. */
export interface PinnedObject {
  readonly bucket: string;
  readonly key: string;
  readonly etag: string;
  readonly version_id?: string | undefined;
  readonly bytes: number;
}

export interface UploadedPart {
  readonly part: number;
  readonly etag: string;
}

/** An S3 multipart upload that was put down between two parts. */
export interface UploadState {
  readonly upload_id: string;
  readonly parts: readonly UploadedPart[];
  /** Of every part but the last, where the size of the whole was expected. */
  readonly part_bytes?: number | undefined;
}

/** What every step of a run is told; Preprocess makes it, and it does not grow with the dataset. */
export interface Run extends RunName {
  readonly execution_arn: string;
  /** When the execution began, ISO 8601: names of executions come back after 90 days, and with a new deployment at once. */
  readonly started_at: string;
  readonly model_id: string;
  readonly prompt_id: string | null;
  /** The dataset's lines are Bedrock's records already, and go into jobs as they are. */
  readonly ready_made?: boolean | undefined;
  readonly max_attempts: number;
  readonly small_sets: 'on_demand' | 'fail';
  readonly max_on_demand_concurrency: number;
  /** ISO 8601: jobs are stopped then, and the rest is asked on demand. */
  readonly deadline_at?: string | undefined;
  /** By which later execution: nothing is submitted, and what the run's jobs left is joined. */
  readonly collected?: Execution | undefined;
  readonly embedding_type?: 'float32' | 'float64' | undefined;
  readonly csv?: CsvRequest | undefined;
  readonly output_format: OutputFormat;
  readonly row_count: number;
  readonly chunk_count: number;
  readonly chunks_key: string;
  readonly parts_key: string;
  readonly chunk_reports_prefix: string;
  readonly part_reports_prefix: string;
  readonly notes: readonly string[];
}

/** Which execution: a name may come back, with the keys of its files. */
export type Execution = Pick<Run, 'execution_arn' | 'started_at'>;

/** A page of a Parquet column: where it lies, and its first row. */
export interface PagePosition {
  readonly column: string;
  readonly offset: number;
  readonly row: number;
}

/** A place in an object from which reading may begin. */
export interface StartPosition {
  readonly row: number;
  /** CSV and JSONL: the byte and the line at which the row begins. */
  readonly offset: number;
  readonly line: number;
  /** Parquet: pages of the prompt's columns that hold the row; without an index in the file they are looked for from its beginning. */
  readonly pages?: readonly PagePosition[] | undefined;
}

/** Contiguous rows of one object, `first_row` counted within it. */
export interface SourceRange {
  readonly object: PinnedObject;
  readonly format: OutputFormat;
  readonly first_row: number;
  readonly row_count: number;
  /** The nearest known position at or before `first_row`. */
  readonly start?: StartPosition | undefined;
}

/** One line of chunks.jsonl. `first_row` is counted within the run. */
export interface Chunk {
  readonly index: number;
  readonly first_row: number;
  readonly row_count: number;
  readonly ranges: readonly SourceRange[];
}

/** One line of parts.jsonl: a source object, and the file that answers it. */
export interface Part {
  readonly index: number;
  readonly first_row: number;
  readonly source: SourceRange;
  /** Where `PartColumns` are, for a source that does not tell them by itself. */
  readonly columns_key?: string | undefined;
  /** The line of chunks.jsonl, by its byte, of the chunk that holds the first row. */
  readonly chunks_from: number;
  readonly output_key: string;
}

/** What is known of the columns of a part's source. */
export interface PartColumns {
  /** Of JSON lines every key, in the order in which they first occur. */
  readonly columns: readonly string[];
  /** In Parquet output, where they were inferred. */
  readonly types?: readonly string[] | undefined;
}

/** Records of a job, as Bedrock counts them. */
export interface JobCounters {
  readonly total: number;
  readonly succeeded: number;
  readonly failed: number;
}

/** How a chunk's job ended: its last Bedrock status, or why there is none. */
export interface JobResult {
  readonly status: string;
  readonly message?: string | undefined;
  readonly job_arn?: string | undefined;
  readonly counters?: JobCounters | undefined;
  /** Why the task that runs the job failed, where it did. */
  readonly failure?: Failure | undefined;
}

/** What became of one attempt of a chunk: its job, or its turn on demand. */
export interface AttemptResult extends JobResult {
  readonly attempt: number;
  readonly way: 'batch' | 'on_demand';
  /** Asked on demand because the time for jobs was over. */
  readonly after_deadline?: boolean | undefined;
  readonly records: number;
  readonly null_values: number;
  readonly input_tokens?: number | undefined;
  readonly output_tokens?: number | undefined;
  /** Of a batch inference job. */
  readonly job_name?: string | undefined;
}

/** What an attempt after the first begins with. */
export interface PendingRows {
  /** What became of the attempts before it. */
  readonly earlier: readonly AttemptResult[];
  /** Places in the chunk, in rising order, of the rows that are sent again. */
  readonly places: readonly number[];
}

/** The output of one chunk's child execution, collected by the Distributed Map's ResultWriter. */
export interface ChunkReport {
  readonly index: number;
  readonly rows: number;
  readonly attempts: readonly AttemptResult[];
  readonly null_values: number;
  /** Where Bedrock's manifest disagrees with what was read, and lines that answer no row. */
  readonly discrepancies: readonly string[];
}

export interface PartReport {
  readonly index: number;
  readonly output_uri: string;
  readonly rows: number;
  readonly outcomes: OutcomeCounts;
}
