import { sentenceOf } from '../batch/failure.ts';
import { parseS3Uri, runKeys } from '../batch/keys.ts';
import type { Chunk, ChunkReport, JobResult, Run } from '../batch/manifest.ts';
import { jobNameOf } from '../batch/names.ts';
import type { RowOf } from '../batch/outcomes.ts';
import { AnswerSpill, kept } from '../data/answer-spill.ts';
import { encodeKept, errorText } from '../data/answers.ts';
import { ownRecordId } from '../data/jsonl/ready-made.ts';
import { jsonlRecords } from '../data/jsonl/table.ts';
import { wholeLines } from '../data/lines.ts';
import { OutputReader, type OutputRecord } from '../data/output-records.ts';
import { BatchError } from '../errors.ts';
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
  readonly prepared: PreparedInput;
  readonly job: JobResult;
}

/** Turns whatever a job left behind into one outcome for each row of its chunk, and writes them in row order. */
export async function postprocess(
  { run, chunk, attempt, prepared, job }: PostprocessInput,
  { objects }: { readonly objects: ObjectStore },
): Promise<ChunkReport> {
  const { family } = resolveModel(run.model_id);
  const spill = new AnswerSpill({ rowCount: chunk.row_count });
  try {
    const prefix = outputPrefix(run, chunk, attempt, job);
    const rowOf = run.ready_made ? await ownIds(chunk, prepared, objects) : undefined;
    const reader = new OutputReader(family, run.embedding_type, rowOf);
    const discrepancies = await collect(objects, prefix, new Collector(chunk, reader, spill));
    const answers = {
      spill,
      firstRow: chunk.first_row,
      answers: family.answers,
      precision: run.embedding_type,
      missing: missing(job),
    };
    await objects.write(runKeys.answers(run, chunk.index), encodeKept(answers));
    return {
      index: chunk.index,
      rows: chunk.row_count,
      attempts: attempt,
      job: { ...described(job), job_name: jobNameOf(attemptOf(run, chunk, attempt)) },
      null_values: prepared.null_values,
      discrepancies,
    };
  } finally {
    await spill.close();
  }
}

/** Rows by the ids of ready-made records: 100,000 at most, read from what the job was given. */
async function ownIds(chunk: Chunk, { input_uri }: PreparedInput, objects: ObjectStore): Promise<RowOf> {
  const location = parseS3Uri(input_uri);
  if (location === undefined) throw new BatchError('Internal', `Cannot read ${input_uri}: it is no S3 URI.`);
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
function outputPrefix(run: Run, chunk: Chunk, attempt: number, { job_arn }: JobResult): string {
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
  readonly #reader: OutputReader;
  readonly #spill: AnswerSpill;
  readonly #lines = { answers: 0, errors: 0, unusable: 0, foreign: 0, repeated: 0 };

  constructor(chunk: Chunk, reader: OutputReader, spill: AnswerSpill) {
    this.#chunk = chunk;
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
    if (former !== kept.nothing) this.#lines.repeated++;
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
