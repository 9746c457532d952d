import { sentenceOf } from '../batch/failure.ts';
import { runKeys } from '../batch/keys.ts';
import type { Chunk, ChunkReport, JobResult, Run } from '../batch/manifest.ts';
import { jobNameOf } from '../batch/names.ts';
import { type Outcome, readOutputLine } from '../batch/outcomes.ts';
import { answerRow, encodeAnswers } from '../data/answers.ts';
import { lines } from '../data/lines.ts';
import { resolveModel } from '../models/registry.ts';
import type { ModelFamily } from '../models/types.ts';
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
  const found = await collect(objects, outputPrefix(run, chunk, attempt, job), chunk, family);
  const outcomes = found.outcomes.map((outcome) => outcome ?? missing(job));
  const rows = function* () {
    for (const [i, outcome] of outcomes.entries()) yield answerRow(chunk.first_row + i, outcome);
  };
  await objects.write(runKeys.answers(run, chunk.index), encodeAnswers(rows(), family.answers));
  return {
    index: chunk.index,
    rows: chunk.row_count,
    attempts: attempt,
    job: { ...described(job), job_name: jobNameOf(attemptOf(run, chunk, attempt)) },
    null_values: prepared.null_values,
    discrepancies: found.discrepancies,
  };
}

/** What the summary tells of a job: why its task failed in a sentence, without the trace. */
function described({ failure, ...job }: JobResult): JobResult {
  return failure === undefined ? job : { ...job, message: sentenceOf(failure) };
}

function missing({ status, message = '', failure }: JobResult): Outcome {
  const reason = failure === undefined ? message : sentenceOf(failure);
  const why = reason === '' ? '' : ` (${reason})`;
  const text = `the job ended as ${status}${why} without an answer for this row`;
  return { status: 'missing', error: { code: 'NoAnswer', message: text } };
}

/** A job's own folder; all that lies there for the attempt if the job's ARN never came to be known. */
function outputPrefix(run: Run, chunk: Chunk, attempt: number, { job_arn }: JobResult): string {
  const prefix = runKeys.jobOutput(run, chunk.index, attempt);
  return job_arn === undefined ? prefix : `${prefix}${job_arn.split('/').at(-1)}/`;
}

interface Found {
  readonly outcomes: (Outcome | undefined)[];
  readonly discrepancies: readonly string[];
}

/** Reads every `.jsonl.out` below a prefix, whatever Bedrock named the folders, and holds the counts against its manifest. */
async function collect(
  objects: ObjectStore,
  prefix: string,
  chunk: Chunk,
  family: ModelFamily,
): Promise<Found> {
  const collector = new Collector(chunk, family);
  for await (const key of objects.list(prefix)) {
    if (key.endsWith('.jsonl.out')) {
      for await (const line of lines(objects.read(key))) collector.add(line);
    } else if (key.endsWith('/manifest.json.out')) {
      await collector.addManifest(readJson(objects, key));
    }
  }
  return { outcomes: collector.outcomes, discrepancies: collector.discrepancies() };
}

/** The fields of manifest.json.out that the outcomes must agree with. */
interface Manifest {
  readonly successRecordCount?: number;
  readonly errorRecordCount?: number;
}

class Collector {
  readonly outcomes: (Outcome | undefined)[];
  readonly #manifests: Manifest[] = [];
  #unreadableManifests = 0;
  readonly #firstRow: number;
  readonly #decode: ModelFamily['decode'];
  readonly #lines = { answers: 0, errors: 0, unusable: 0, foreign: 0, repeated: 0 };

  constructor(chunk: Chunk, family: ModelFamily) {
    this.outcomes = new Array(chunk.row_count).fill(undefined);
    this.#firstRow = chunk.first_row;
    this.#decode = family.decode;
  }

  add(text: string): void {
    const line = readOutputLine(text, this.#decode);
    if (line.kind === 'unusable') {
      this.#lines.unusable++;
      return;
    }
    const place = line.row - this.#firstRow;
    if (place < 0 || place >= this.outcomes.length) {
      this.#lines.foreign++;
      return;
    }
    this.#lines[line.isError ? 'errors' : 'answers']++;
    if (this.outcomes[place] !== undefined) this.#lines.repeated++;
    // An answer was paid for and stays, whatever else the file says of its row.
    if (this.outcomes[place]?.status !== 'succeeded') this.outcomes[place] = line.outcome;
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
