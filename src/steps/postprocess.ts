import { sentenceOf } from '../batch/failure.ts';
import { runKeys } from '../batch/keys.ts';
import type { AttemptResult, Chunk, ChunkReport, JobResult, Run } from '../batch/manifest.ts';
import { jobNameOf } from '../batch/names.ts';
import type { RowOf } from '../batch/outcomes.ts';
import { isRetryableRecordError } from '../batch/record-errors.ts';
import { AnswerSpill, kept } from '../data/answer-spill.ts';
import { encodeKept, errorText } from '../data/answers.ts';
import { ownRecordId } from '../data/jsonl/ready-made.ts';
import { jsonlRecords } from '../data/jsonl/table.ts';
import { wholeLines } from '../data/lines.ts';
import { OutputReader, type OutputRecord } from '../data/output-records.ts';
import { resolveModel } from '../models/registry.ts';
import type { Answer } from '../models/types.ts';
import type { ObjectStore } from './collaborators.ts';
import type { PreparedInput } from './prepare-input.ts';
import { readJson } from './read-json.ts';
import { attemptOf } from './run-job.ts';

export interface PostprocessInput {
  readonly run: Run;
  readonly chunk: Chunk;
  readonly attempt: number;
  /** What became of the attempts before this one. */
  readonly earlier: readonly AttemptResult[];
  readonly prepared: PreparedInput;
  readonly job: JobResult;
}

/** Some rows are worth another attempt: what its states are told. */
export interface NextAttempt {
  readonly retry: { readonly attempt: number; readonly earlier: readonly AttemptResult[] };
}

/**
 * Turns whatever the attempts of a chunk left behind into one outcome for each row, and writes them in row order. Rows that failed in a
 * way that may pass, and rows that were not answered, are sent again while there are attempts left; no row that has an answer is.
 */
export async function postprocess(
  input: PostprocessInput,
  { objects }: { readonly objects: ObjectStore },
): Promise<ChunkReport | NextAttempt> {
  const { run, chunk, attempt, earlier, prepared, job } = input;
  const { family } = resolveModel(run.model_id);
  const spill = new AnswerSpill({ rowCount: chunk.row_count });
  const attempts = [...earlier, attemptResult(input)];
  try {
    const rowOf = run.ready_made ? await ownIds(run, chunk, objects) : undefined;
    const retryable = new Uint8Array(chunk.row_count);
    const discrepancies: string[] = [];
    for (const result of attempts) {
      const reader = new OutputReader(family, run.embedding_type, rowOf);
      const collector = new Collector(chunk, reader, spill, retryable);
      const found = await collect(objects, outputPrefix(run, chunk, result), collector);
      discrepancies.push(
        ...found.map((text) => (attempts.length > 1 ? `attempt ${result.attempt}: ${text}` : text)),
      );
    }
    const answers = {
      spill,
      firstRow: chunk.first_row,
      answers: family.answers,
      precision: run.embedding_type,
      missing: missing(job),
    };
    await objects.write(runKeys.answers(run, chunk.index), encodeKept(answers));
    const pending = isLast(input) ? [] : pendingPlaces(chunk, spill, retryable);
    if (isWorthwhile(pending.length, run)) {
      await objects.write(runKeys.pending(run, chunk.index, attempt + 1), JSON.stringify(pending));
      return { retry: { attempt: attempt + 1, earlier: attempts } };
    }
    return {
      index: chunk.index,
      rows: chunk.row_count,
      attempts,
      null_values: earlier.length === 0 ? prepared.null_values : (earlier[0]?.null_values ?? 0),
      discrepancies,
    };
  } finally {
    await spill.close();
  }
}

/**
 * No attempt is left; or nobody heard how the job ended. Then it could not be run at all, and the next could not either, or it may still be
 * running, and the same records would be paid for twice.
 */
function isLast({ run, attempt, job }: PostprocessInput): boolean {
  return attempt >= run.max_attempts || job.failure !== undefined;
}

function isWorthwhile(rows: number, run: Run): boolean {
  const { minRecords } = resolveModel(run.model_id).limits;
  return rows > 0 && (rows >= minRecords || run.small_sets === 'on_demand');
}

function pendingPlaces({ row_count }: Chunk, spill: AnswerSpill, retryable: Uint8Array): readonly number[] {
  const places: number[] = [];
  for (let place = 0; place < row_count; place++) {
    const what = spill.keptOf(place);
    if (what === kept.nothing || (what === kept.error && retryable[place] === 1)) places.push(place);
  }
  return places;
}

function attemptResult({ run, chunk, attempt, prepared, job }: PostprocessInput): AttemptResult {
  const { way, records, null_values } = prepared;
  const result = { ...described(job), attempt, way, records, null_values };
  return way === 'on_demand' ? result : { ...result, job_name: jobNameOf(attemptOf(run, chunk, attempt)) };
}

/** Rows by the ids of ready-made records: 100,000 at most, read from what the first job was given. */
async function ownIds(run: Run, chunk: Chunk, objects: ObjectStore): Promise<RowOf> {
  const location = { bucket: objects.bucket, key: runKeys.jobInput(run, chunk.index, 1) };
  const source = objects.source(await objects.pin(location));
  const rows = new Map<unknown, number>();
  for await (const record of jsonlRecords(source, { offset: 0, line: 1 })) {
    rows.set(ownRecordId(record, source.name), chunk.first_row + rows.size);
  }
  return (recordId) => rows.get(recordId);
}

/** What the summary tells of a job: why its task failed in a sentence, without the trace. */
function described({ failure, ...job }: JobResult): JobResult {
  return failure === undefined ? job : { ...job, message: sentenceOf(failure) };
}

/** Why a row has no answer where the job left none. */
function missing({ status, message = '', failure }: JobResult): string {
  const reason = failure === undefined ? message : sentenceOf(failure);
  const why = reason === '' ? '' : ` (${reason})`;
  const text = `the job ended as ${status}${why} without an answer for this row`;
  return errorText({ code: 'NoAnswer', message: text });
}

/** A job's own folder; all that lies there for the attempt if the job's ARN never came to be known. */
function outputPrefix(run: Run, chunk: Chunk, { attempt, job_arn }: AttemptResult): string {
  const prefix = runKeys.jobOutput(run, chunk.index, attempt);
  return job_arn === undefined ? prefix : `${prefix}${job_arn.split('/').at(-1)}/`;
}

/** Reads every `.jsonl.out` below a prefix, whatever Bedrock named the folders, and holds the counts against its manifest. */
async function collect(
  objects: ObjectStore,
  prefix: string,
  collector: Collector,
): Promise<readonly string[]> {
  for await (const key of objects.list(prefix)) {
    if (key.endsWith('.jsonl.out')) {
      const limits = { onTooLong: () => collector.passOver() };
      for await (const lines of wholeLines(objects.read(key), limits)) await collector.add(lines);
    } else if (key.endsWith('/manifest.json.out')) {
      await collector.addManifest(readJson(objects, key));
    }
  }
  return collector.discrepancies();
}

/** The fields of manifest.json.out that the outcomes must agree with. */
interface Manifest {
  readonly successRecordCount?: number;
  readonly errorRecordCount?: number;
}

class Collector {
  readonly #manifests: Manifest[] = [];
  #unreadableManifests = 0;
  readonly #chunk: Chunk;
  /** Rows of which this attempt told. */
  readonly #seen: Uint8Array;
  readonly #reader: OutputReader;
  readonly #spill: AnswerSpill;
  /** Of rows whose last error may pass. */
  readonly #retryable: Uint8Array;
  readonly #lines = { answers: 0, errors: 0, unusable: 0, foreign: 0, repeated: 0 };

  constructor(chunk: Chunk, reader: OutputReader, spill: AnswerSpill, retryable: Uint8Array) {
    this.#retryable = retryable;
    this.#chunk = chunk;
    this.#seen = new Uint8Array(chunk.row_count);
    this.#reader = reader;
    this.#spill = spill;
  }

  async add(lines: Buffer): Promise<void> {
    for (const record of this.#reader.records(lines)) this.#count(record);
    await this.#spill.flush();
  }

  /** A line that memory cannot hold; the others were paid for as well. */
  passOver(): void {
    this.#lines.unusable++;
  }

  #count(record: OutputRecord): void {
    if (record.kind === 'unusable') {
      this.#lines.unusable++;
      return;
    }
    const place = record.row - this.#chunk.first_row;
    if (place < 0 || place >= this.#chunk.row_count) {
      this.#lines.foreign++;
      return;
    }
    this.#lines[record.kind === 'outcome' && record.isError ? 'errors' : 'answers']++;
    const former = this.#spill.keptOf(place);
    if (this.#seen[place] === 1) this.#lines.repeated++;
    this.#seen[place] = 1;
    // An answer was paid for and stays, whatever else the file says of its row.
    if (former !== kept.answer) this.#keep(place, record);
  }

  #keep(place: number, record: Exclude<OutputRecord, { kind: 'unusable' }>): void {
    if (record.kind === 'extracted') {
      this.#spill.putAnswer(place, this.#reader.scratch.bytes, record.answer.length, record.answer);
    } else if (record.outcome.status === 'succeeded') {
      const { answer } = record.outcome;
      const bytes = answerBytes(answer);
      this.#spill.putAnswer(place, bytes, bytes.length, answer);
    } else {
      this.#spill.putError(place, errorText(record.outcome.error));
      this.#retryable[place] = isRetryableRecordError(record.outcome.error.code) ? 1 : 0;
    }
  }

  /** The manifest only holds a mirror to the answers: without it they are worth as much. */
  async addManifest(manifest: Promise<unknown>): Promise<void> {
    try {
      const value = await manifest;
      if (typeof value === 'object' && value !== null) this.#manifests.push(value);
      else this.#unreadableManifests++;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.#unreadableManifests++;
    }
  }

  discrepancies(): string[] {
    const { answers, errors, unusable, foreign, repeated } = this.#lines;
    const found: string[] = [];
    if (unusable > 0) found.push(`${unusable} lines of the output could not be read`);
    if (foreign > 0) found.push(`${foreign} lines of the output answer no row of the chunk`);
    if (this.#unreadableManifests > 0) found.push('manifest.json.out could not be read');
    if (repeated > 0) found.push(`${repeated} rows were answered more than once`);
    const told = (field: keyof Manifest) =>
      this.#manifests.reduce((sum, manifest) => sum + (manifest[field] ?? 0), 0);
    if (this.#manifests.length === 0) return found;
    if (told('successRecordCount') !== answers) {
      found.push(
        `manifest.json.out counts ${told('successRecordCount')} successes, the output has ${answers}`,
      );
    }
    if (told('errorRecordCount') !== errors) {
      found.push(`manifest.json.out counts ${told('errorRecordCount')} errors, the output has ${errors}`);
    }
    return found;
  }
}

function answerBytes({ response, embedding }: Answer): Uint8Array {
  if (embedding === null) return Buffer.from(response ?? '');
  return new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength);
}
