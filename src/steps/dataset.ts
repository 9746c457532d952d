import {
  type OutputFormat,
  parseS3Uri,
  type RunName,
  readablePrefixes,
  runKeys,
  type S3Location,
  s3Uri,
} from '../batch/keys.ts';
import type { PinnedObject, SourceRange } from '../batch/manifest.ts';
import type { RunRequest } from '../batch/request.ts';
import { decompressed, uncompressedName } from '../data/compression.ts';
import { detectFormat, openTable, type Survey } from '../data/table.ts';
import { refusal } from '../errors.ts';
import { type Prompt, requireColumns } from '../prompts/prompt.ts';
import type { ObjectStore } from './collaborators.ts';

/** One object of the dataset, pinned and read through. */
export interface SourceFile {
  readonly object: PinnedObject;
  readonly format: OutputFormat;
  readonly columns: readonly string[];
  readonly survey: Survey;
  /** Its first row, counted within the dataset. */
  readonly firstRow: number;
  /** Its key below the prefix that the user named, or its name. */
  readonly relativeKey: string;
}

export interface Dataset {
  readonly files: readonly SourceFile[];
  readonly rowCount: number;
}

export interface Reading {
  readonly run: RunName;
  readonly request: RunRequest;
  readonly prompt: Prompt;
  readonly objects: ObjectStore;
}

/** Each is pinned and opened on its own, so their number bounds the time before the first row is read. */
const MOST_OBJECTS = 10_000;

/**
 * The object that `s3_uri` names, or all objects below it if it ends in a slash, in the order of their keys.
 * @throws BatchError InvalidInput, NotFound
 */
export async function readDataset(reading: Reading): Promise<Dataset> {
  const { request, objects } = reading;
  const location = readableLocation(request.s3Uri, objects.bucket);
  const files: SourceFile[] = [];
  let rowCount = 0;
  for (const key of await keysOf(location, objects)) {
    const relativeKey =
      key === location.key ? (key.split('/').at(-1) ?? key) : key.slice(location.key.length);
    const file = await readFile({ ...location, key }, reading);
    const first = files[0];
    if (first !== undefined && first.format !== file.format) {
      const formats = `${s3Uri(first.object)} and ${s3Uri(file.object)}`;
      throw refusal('start the run', 'all objects of the dataset', 'have one format', formats);
    }
    files.push({ ...file, firstRow: rowCount, relativeKey: uncompressedName(relativeKey) ?? relativeKey });
    rowCount += file.survey.rowCount;
  }
  return { files, rowCount };
}

function readableLocation(uri: string, bucket: string): S3Location {
  const location = parseS3Uri(uri);
  if (location?.bucket === bucket && readablePrefixes.some((prefix) => location.key.startsWith(prefix))) {
    return location;
  }
  const places = readablePrefixes.map((prefix) => `s3://${bucket}/${prefix}`).join(', ');
  throw refusal('start the run', 's3_uri', `name an object below one of ${places}`, uri);
}

async function keysOf({ bucket, key }: S3Location, objects: ObjectStore): Promise<readonly string[]> {
  if (!key.endsWith('/')) return [key];
  const keys: string[] = [];
  for await (const found of objects.list(key)) {
    // Folders, and what other systems leave beside their data: `_SUCCESS`, `.part-0.crc`.
    if (found.endsWith('/') || /\/[_.][^/]*$/.test(found)) continue;
    keys.push(found);
    if (keys.length > MOST_OBJECTS) {
      throw refusal('start the run', 's3_uri', `name at most ${MOST_OBJECTS} objects`, 'more');
    }
  }
  if (keys.length === 0)
    throw refusal('start the run', 's3_uri', 'name objects', `none below ${s3Uri({ bucket, key })}`);
  return keys;
}

async function readFile(source: S3Location, { run, request, prompt, objects }: Reading) {
  const object = await readableObject(source, run, objects);
  // A refusal names what the user named.
  const bytes = { ...objects.source(object), name: uncompressedName(s3Uri(source)) ?? s3Uri(source) };
  const format = await detectFormat(bytes);
  const table = await openTable(bytes, format);
  // Before the survey, which may read for minutes.
  requireColumns(prompt, table.columns);
  // Parquet written as Parquet is copied; for any other output each column is read.
  const copied = format === (request.outputFormat ?? format);
  const survey = await table.survey(copied ? prompt.columns : table.columns);
  return { object, format, columns: survey.columns ?? table.columns, survey };
}

/** The object itself; what cannot be read from the middle is unpacked once, and the copy is read by every later step. */
async function readableObject(
  location: S3Location,
  run: RunName,
  objects: ObjectStore,
): Promise<PinnedObject> {
  const object = await objects.pin(location);
  const unpacked = uncompressedName(location.key);
  if (unpacked === undefined) return object;
  const key = runKeys.staged(run, unpacked);
  await objects.write(key, decompressed(s3Uri(location), objects.source(object).stream(0)));
  return objects.pin({ bucket: objects.bucket, key });
}

/** The rows of a file from one row of the dataset on, at most so many. */
export function rangeOf(
  { object, format, survey, firstRow }: SourceFile,
  datasetRow: number,
  most: number,
): SourceRange {
  const first_row = Math.max(0, datasetRow - firstRow);
  const row_count = Math.min(survey.rowCount - first_row, most - Math.max(0, firstRow - datasetRow));
  return { object, format, first_row, row_count, start: survey.locate(first_row) };
}
