import {
  type OutputFormat,
  parseS3Uri,
  type RunName,
  readablePrefixes,
  type S3Location,
  s3Uri,
  splitFolder,
} from '../batch/keys.ts';
import type { PinnedObject } from '../batch/manifest.ts';
import type { RunRequest } from '../batch/request.ts';
import { uncompressedName } from '../data/compression.ts';
import type { Hub, HubFile, PinnedSplit } from '../data/hugging-face/split.ts';
import { areReadyMade } from '../data/jsonl/ready-made.ts';
import { noObjects } from '../data/jsonl/table.ts';
import type { ScanWanted } from '../data/scan.ts';
import { detectFormat, openTable, type Table } from '../data/table.ts';
import { refusal } from '../errors.ts';
import type { AnswerKind } from '../models/types.ts';
import { type Prompt, requireColumns, resolvePrompt } from '../prompts/prompt.ts';
import type { ObjectStore } from './collaborators.ts';
import { type FetchState, fetchFile, OutOfTime, readableObject } from './staging.ts';
import { type OpenFile, Survey, type SurveyState } from './survey.ts';

export interface Dataset {
  readonly survey: Survey;
  readonly format: OutputFormat;
  /** The lines are records already; there is no prompt. */
  readonly readyMade: boolean;
  readonly notes: readonly string[];
}

/** One object of the dataset, before it is pinned. */
interface Listed {
  readonly location: S3Location;
  readonly relativeKey: string;
  /** It is on the Hub, and goes to that place first. */
  readonly hubFile?: HubFile | undefined;
}

/** A reading that was put down, for the next invocation to go on. */
export interface ReadingState {
  readonly survey: SurveyState;
  readonly listed: readonly Listed[];
  readonly split?: PinnedSplit | undefined;
  readonly fetch?: FetchState | undefined;
}

export interface Reading {
  readonly run: RunName;
  readonly request: RunRequest;
  readonly answers: AnswerKind;
  /** Records that a job may have; within so many an id may not come twice. */
  readonly mostRecords: number;
  readonly objects: ObjectStore;
  readonly hub: Hub;
  /** Whether more should be begun; a function has its 15 minutes. */
  readonly hasTime: () => boolean;
}

/** Each is pinned and opened on its own, so their number bounds the time before the first row is read. */
const MOST_OBJECTS = 10_000;

/**
 * Reads the dataset that a request names to its end: the object, all objects below a prefix in the order of their keys, or the files of a
 * split. Where time is short, what the next reading needs.
 * @throws BatchError InvalidInput, NotFound
 */
export async function readDataset(reading: Reading, before?: ReadingState): Promise<Dataset | ReadingState> {
  const { request, mostRecords } = reading;
  const options = { idsKept: mostRecords, inferTypes: request.inferTypes };
  const survey = new Survey(options, before?.survey);
  const { listed, split } = before ?? (await listing(reading));
  const reader = new FileReader(reading, survey, split);
  const state = (fetch?: FetchState) => ({ survey: survey.toJSON(), listed, split, fetch });
  let fetch = before?.fetch;
  for (const [i, source] of listed.slice(survey.files.length).entries()) {
    if (survey.openFile === undefined) {
      const fetched = await reader.fetch(source, fetch);
      if (typeof fetched === 'object') return state(fetched);
      // Of an upload that is complete no state may tell, and unpacking needs the time of a whole invocation.
      if (fetched === 'fetched' && (fetch !== undefined || isPacked(source))) return state();
      fetch = undefined;
    }
    const file = survey.openFile ?? (await reader.open(source, i === 0));
    if (file === undefined) return state();
    if (listed.length === 1 && isEmpty(file)) throw noObjects(file.name);
    const isRead = await reader.read(file);
    // Behind the work, not before it: an invocation that does nothing would be followed by another one.
    if (!isRead || (survey.files.length < listed.length && !reading.hasTime())) return state();
  }
  return { survey, ...reader.kind, notes: split?.notes ?? [] };
}

export function isPutDown(reading: Dataset | ReadingState): reading is ReadingState {
  return 'listed' in reading;
}

async function listing(reading: Reading): Promise<Pick<ReadingState, 'listed' | 'split'>> {
  const { request, objects, hub } = reading;
  if (request.dataset.kind === 's3') return { listed: await listS3(request.dataset.uri, objects) };
  const split = await hub.resolve(request.dataset);
  const folder = splitFolder(split);
  const listed = split.files.map((hubFile) => ({
    location: { bucket: objects.bucket, key: folder + hubFile.name },
    relativeKey: hubFile.name,
    hubFile,
  }));
  return { listed, split };
}

async function listS3(uri: string, objects: ObjectStore): Promise<readonly Listed[]> {
  const { bucket, key } = readableLocation(uri, objects.bucket);
  if (!key.endsWith('/')) return [{ location: { bucket, key }, relativeKey: key.split('/').at(-1) ?? key }];
  const listed: Listed[] = [];
  for await (const found of objects.list(key)) {
    // Folders, and what other systems leave beside their data: `_SUCCESS`, `.part-0.crc`.
    if (found.endsWith('/') || /\/[_.][^/]*$/.test(found)) continue;
    listed.push({ location: { bucket, key: found }, relativeKey: found.slice(key.length) });
    if (listed.length > MOST_OBJECTS) {
      throw refusal('start the run', 's3_uri', `name at most ${MOST_OBJECTS} objects`, 'more');
    }
  }
  if (listed.length === 0) throw refusal('start the run', 's3_uri', 'name objects', `none below ${uri}`);
  return listed;
}

function isPacked({ location }: Listed): boolean {
  return uncompressedName(location.key) !== undefined;
}

function readableLocation(uri: string, bucket: string): S3Location {
  const location = parseS3Uri(uri);
  if (location?.bucket === bucket && readablePrefixes.some((prefix) => location.key.startsWith(prefix))) {
    return location;
  }
  const places = readablePrefixes.map((prefix) => `s3://${bucket}/${prefix}`).join(', ');
  throw refusal('start the run', 's3_uri', `name an object below one of ${places}`, uri);
}

/** Opens the objects of one dataset, which must be of one kind, and reads them. */
class FileReader {
  readonly #reading: Reading;
  readonly #survey: Survey;
  readonly #split: PinnedSplit | undefined;
  #first: Pick<OpenFile, 'format' | 'columns' | 'object'> | undefined;

  constructor(reading: Reading, survey: Survey, split: PinnedSplit | undefined) {
    this.#reading = reading;
    this.#survey = survey;
    this.#split = split;
    const { files, openFile } = survey;
    this.#first = files.find((file) => !isEmpty(file)) ?? openFile ?? files[0];
  }

  get kind(): Pick<Dataset, 'format' | 'readyMade'> {
    const { format = 'csv', columns = [] } = this.#first ?? {};
    return { format, readyMade: this.#isReadyMade(format, columns) };
  }

  #isReadyMade(format: OutputFormat, columns: readonly string[]): boolean {
    return this.#reading.request.promptId === undefined && format === 'jsonl' && areReadyMade(columns);
  }

  /** Sees to it that the object is there to be opened. */
  async fetch({ hubFile, location }: Listed, before?: FetchState): ReturnType<typeof fetchFile> {
    const split = this.#split;
    if (hubFile === undefined || split === undefined) return 'was there';
    return fetchFile(hubFile, location.key, { ...this.#reading, split }, before);
  }

  /** Undefined where unpacking it needs the time of a whole invocation, and others had some of this one's. */
  async open({ location, relativeKey }: Listed, isFirst: boolean): Promise<OpenFile | undefined> {
    const { request, objects } = this.#reading;
    const object = await this.#readable(location, isFirst);
    if (object === undefined) return undefined;
    // A refusal names what the user named.
    const name = uncompressedName(s3Uri(location)) ?? s3Uri(location);
    const source = { ...objects.source(object), name };
    const format = await detectFormat(source);
    const { columns } = await openTable(source, format, request.csv);
    const file = { object, format, name, columns, relativeKey: uncompressedName(relativeKey) ?? relativeKey };
    requireAlike(this.#first ?? file, file, request);
    if (this.#first === undefined || isEmpty(this.#first)) this.#first = file;
    return file;
  }

  async #readable(location: S3Location, isFirst: boolean): Promise<PinnedObject | undefined> {
    const { run, objects, hasTime } = this.#reading;
    try {
      return await readableObject(location, run, objects, hasTime);
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      if (!isFirst) return undefined;
      const rule = 'be unpacked within the 15 minutes of a function';
      throw refusal(
        'start the run',
        s3Uri(location),
        rule,
        'more (upload it unpacked, or as several objects)',
      );
    }
  }

  /** True when the file was read to its end. */
  async read(file: OpenFile): Promise<boolean> {
    const { request, answers, objects, hasTime } = this.#reading;
    const source = { ...objects.source(file.object), name: file.name };
    const table = await openTable(source, file.format, request.csv);
    const isAsked = !isEmpty(table) && !this.kind.readyMade;
    const prompt = isAsked ? resolvePrompt(request.promptId, answers) : undefined;
    // Before the survey, which may read for minutes.
    if (prompt !== undefined) requireColumns(prompt, table.columns);
    return this.#survey.read(file, table, wantedOf(table, prompt, request), hasTime);
  }
}

/** JSON lines without an object tell of no columns, and need none. */
function isEmpty({ format, columns }: Pick<OpenFile, 'format' | 'columns'>): boolean {
  return format === 'jsonl' && columns.length === 0;
}

function requireAlike(
  first: Pick<OpenFile, 'format' | 'columns' | 'object'>,
  file: OpenFile,
  request: RunRequest,
) {
  const names = `${s3Uri(first.object)} and ${s3Uri(file.object)}`;
  if (first.format !== file.format) {
    throw refusal('start the run', 'all objects of the dataset', 'have one format', names);
  }
  if (file.format !== 'csv') {
    const option = Object.entries(csvOptions(request)).find(([, value]) => value !== undefined);
    if (option !== undefined) {
      throw refusal('start the run', option[0], 'be absent for a dataset that is not CSV', option[1]);
    }
  }
  if (!request.inferTypes) return;
  if (file.format !== 'csv' || request.outputFormat !== 'parquet') {
    const got = `${file.format} to ${request.outputFormat ?? file.format}`;
    throw refusal('start the run', 'infer_types', 'be absent, unless CSV is written as Parquet', got);
  }
  if (first.columns.join('\n') !== file.columns.join('\n')) {
    throw refusal('start the run', 'all objects', 'have the same columns for infer_types', names);
  }
}

function csvOptions({ csv }: RunRequest) {
  return { csv_delimiter: csv.delimiter, csv_ragged_rows: csv.raggedRows };
}

function wantedOf({ format, columns }: Table, prompt: Prompt | undefined, request: RunRequest): ScanWanted {
  // Parquet written as Parquet is copied; for any other output each column is read.
  const copied = format === (request.outputFormat ?? format);
  return {
    sized: prompt?.columns ?? [],
    read: copied ? [] : columns,
    texts: request.inferTypes ? columns : [],
    records: prompt === undefined,
  };
}
