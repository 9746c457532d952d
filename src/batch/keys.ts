/** Where everything lies in the stack's bucket. Each prefix is written here and nowhere else. */
export const prefixes = {
  inputs: 'inputs/',
  huggingFace: 'hf/',
  runs: 'runs/',
  jobInputs: 'batch_inputs_json/',
  jobOutputs: 'batch_outputs_json/',
  csvOutput: 'batch_output_csv/',
  parquetOutput: 'batch_output_parquet/',
  jsonlOutput: 'batch_output_jsonl/',
} as const;

/** Tables that a run may read: the user's uploads, splits that were fetched, and the results of earlier runs. */
export const readablePrefixes = [
  prefixes.inputs,
  prefixes.huggingFace,
  prefixes.csvOutput,
  prefixes.parquetOutput,
  prefixes.jsonlOutput,
] as const;

export const outputFormats = ['csv', 'parquet', 'jsonl'] as const;
/** Of a table: what is read, and what is written. */
export type OutputFormat = (typeof outputFormats)[number];

const outputPrefixes = {
  csv: prefixes.csvOutput,
  parquet: prefixes.parquetOutput,
  jsonl: prefixes.jsonlOutput,
} as const satisfies Record<OutputFormat, string>;

export interface RunName {
  readonly job_name_prefix: string;
  readonly run_id: string;
}

const digits = (n: number, width: number) => String(n).padStart(width, '0');
const under = (prefix: string, run: RunName) => `${prefix}${run.job_name_prefix}/${run.run_id}/`;

export const runKeys = {
  /** What Preprocess decided: whose files these are. */
  run: (run: RunName) => `${under(prefixes.runs, run)}run.json`,
  chunks: (run: RunName) => `${under(prefixes.runs, run)}chunks.jsonl`,
  parts: (run: RunName) => `${under(prefixes.runs, run)}parts.jsonl`,
  /** A list of columns, and their types. */
  columns: (run: RunName, index: number) => `${under(prefixes.runs, run)}columns/${digits(index, 5)}.json`,
  /** What could not be read by ranges where it lies, unpacked; by the key of what was packed. */
  staged: (run: RunName, key: string) => `${under(prefixes.runs, run)}staged/${key}`,
  /** Where the survey of the dataset was put down, for the next invocation to go on. */
  survey: (run: RunName) => `${under(prefixes.runs, run)}survey.json`,
  /** Where the join of a part was put down. */
  join: (run: RunName, part: number) => `${under(prefixes.runs, run)}joins/${digits(part, 5)}.json`,
  summary: (run: RunName) => `${under(prefixes.runs, run)}summary.json`,
  /** Reports of the two Distributed Maps; Step Functions adds `/{map run}/manifest.json`, so no slash at the end. */
  chunkReports: (run: RunName) => `${under(prefixes.runs, run)}chunk_reports`,
  partReports: (run: RunName) => `${under(prefixes.runs, run)}part_reports`,
  answers: (run: RunName, chunk: number) => `${under(prefixes.runs, run)}answers/${digits(chunk, 5)}.arrow`,
  /** Places in a chunk of the rows that an attempt sends again. */
  pending: (run: RunName, chunk: number, attempt: number) =>
    `${under(prefixes.runs, run)}pending/${digits(chunk, 5)}/${attempt}.json`,
  jobInput: (run: RunName, chunk: number, attempt: number) =>
    `${under(prefixes.jobInputs, run)}${digits(chunk, 5)}/${attempt}.jsonl`,
  /** Bedrock adds `{job id}/`; a folder of its own for each attempt keeps every attempt's answers apart. */
  jobOutput: (run: RunName, chunk: number, attempt: number) =>
    `${under(prefixes.jobOutputs, run)}${digits(chunk, 5)}/${attempt}/`,
  output: (run: RunName, format: OutputFormat, fileName: string) =>
    `${under(outputPrefixes[format], run)}${fileName}`,
} as const;

/** Files of a split, by what they are: a commit never changes, so later runs find them there. */
export function splitFolder(split: {
  readonly datasetId: string;
  readonly commit: string;
  readonly config: string;
  readonly split: string;
}): string {
  return `${prefixes.huggingFace}${split.datasetId}/${split.commit}/${split.config}/${split.split}/`;
}

export interface S3Location {
  readonly bucket: string;
  readonly key: string;
}

export function s3Uri({ bucket, key }: S3Location): string {
  return `s3://${bucket}/${key}`;
}

export function parseS3Uri(uri: string): S3Location | undefined {
  const [, bucket, key] = /^s3:\/\/([^/]+)\/([^\p{Cc}]+)$/u.exec(uri) ?? [];
  return bucket === undefined || key === undefined ? undefined : { bucket, key };
}
