import type { Chunk } from '../batch/manifest.ts';
import { isRetryableRecordError } from '../batch/record-errors.ts';
import { type AnswerSpill, kept } from '../data/answer-spill.ts';
import { errorText } from '../data/answers.ts';
import { wholeLines } from '../data/lines.ts';
import type { OutputReader, OutputRecord } from '../data/output-records.ts';
import type { Answer } from '../models/types.ts';
import type { ObjectStore } from './collaborators.ts';
import { readJson } from './read-json.ts';

/** Reads every `.jsonl.out` below a prefix, whatever Bedrock named the folders, and holds the counts against its manifest. */
export async function collect(
  objects: ObjectStore,
  prefix: string,
  collector: Collector,
): Promise<Collected> {
  for await (const key of objects.list(prefix)) {
    if (key.endsWith('.jsonl.out')) {
      const limits = { onTooLong: () => collector.passOver() };
      for await (const lines of wholeLines(objects.read(key), limits)) await collector.add(lines);
    } else if (key.endsWith('/manifest.json.out')) {
      await collector.addManifest(readJson(objects, key));
    }
  }
  return collector.collected();
}

/** What an attempt's output says of itself. */
export interface Collected {
  /** Lines that tell of a row. */
  readonly answers: number;
  readonly errors: number;
  /** As Bedrock's manifest counts them, for that is what is billed; on demand those of the answers. */
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly discrepancies: readonly string[];
}

/** The fields of manifest.json.out that the outcomes must agree with. */
interface Manifest {
  readonly successRecordCount?: number;
  readonly errorRecordCount?: number;
  readonly inputTokenCount?: number;
  readonly outputTokenCount?: number;
}

export class Collector {
  readonly #manifests: Manifest[] = [];
  #unreadableManifests = 0;
  readonly #chunk: Chunk;
  /** Rows of which this attempt told. */
  readonly #seen: Uint8Array;
  readonly #reader: OutputReader;
  readonly #spill: AnswerSpill;
  /** Of rows whose last error may pass. */
  readonly #retryable: Uint8Array;
  readonly #tokens = { input: 0, output: 0 };
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
    this.#countTokens(record);
    const former = this.#spill.keptOf(place);
    if (this.#seen[place] === 1) this.#lines.repeated++;
    this.#seen[place] = 1;
    // An answer was paid for and stays, whatever else the file says of its row.
    if (former !== kept.answer) this.#keep(place, record);
  }

  #countTokens(record: Exclude<OutputRecord, { kind: 'unusable' }>): void {
    const facts =
      record.kind === 'extracted'
        ? record.answer
        : record.outcome.status === 'succeeded'
          ? record.outcome.answer
          : undefined;
    this.#tokens.input += facts?.inputTokens ?? 0;
    this.#tokens.output += facts?.outputTokens ?? 0;
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

  collected(): Collected {
    const { answers, errors } = this.#lines;
    const billed = (field: keyof Manifest, counted: number) =>
      this.#manifests.some((manifest) => manifest[field] !== undefined) ? this.#told(field) : counted;
    return {
      answers,
      errors,
      input_tokens: billed('inputTokenCount', this.#tokens.input),
      output_tokens: billed('outputTokenCount', this.#tokens.output),
      discrepancies: this.#discrepancies(),
    };
  }

  #told(field: keyof Manifest): number {
    return this.#manifests.reduce((sum, manifest) => sum + (manifest[field] ?? 0), 0);
  }

  #discrepancies(): readonly string[] {
    const { answers, errors, unusable, foreign, repeated } = this.#lines;
    const found: string[] = [];
    if (unusable > 0) found.push(`${unusable} lines of the output could not be read`);
    if (foreign > 0) found.push(`${foreign} lines of the output answer no row of the chunk`);
    if (this.#unreadableManifests > 0) found.push('manifest.json.out could not be read');
    if (repeated > 0) found.push(`${repeated} rows were answered more than once`);
    if (this.#manifests.length === 0) return found;
    if (this.#told('successRecordCount') !== answers) {
      found.push(
        `manifest.json.out counts ${this.#told('successRecordCount')} successes, the output has ${answers}`,
      );
    }
    if (this.#told('errorRecordCount') !== errors) {
      found.push(
        `manifest.json.out counts ${this.#told('errorRecordCount')} errors, the output has ${errors}`,
      );
    }
    return found;
  }
}

function answerBytes({ response, embedding }: Answer): Uint8Array {
  if (embedding === null) return Buffer.from(response ?? '');
  return new Uint8Array(embedding.buffer, embedding.byteOffset, embedding.byteLength);
}
