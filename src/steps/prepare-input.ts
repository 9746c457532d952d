import { runKeys, s3Uri } from '../batch/keys.ts';
import type { AttemptResult, Chunk, PendingRows, Run } from '../batch/manifest.ts';
import { firstJsonlPosition, jsonlRows } from '../data/jsonl/table.ts';
import { OutputBuffer } from '../data/output-buffer.ts';
import { recordWriter } from '../data/record-writer.ts';
import { openTable } from '../data/table.ts';
import { refusal } from '../errors.ts';
import { resolveModel } from '../models/registry.ts';
import type { JobLimits, ModelFamily } from '../models/types.ts';
import { resolvePrompt } from '../prompts/prompt.ts';
import type { ObjectStore } from './collaborators.ts';
import { readJson } from './read-json.ts';
import { rowsOfBatch, WantedRows } from './wanted-rows.ts';

export interface PrepareInputInput {
  readonly run: Run;
  readonly chunk: Chunk;
  readonly attempt: number;
  /** By the state machine's clock: the time for jobs is over. */
  readonly past_deadline?: boolean | undefined;
}

export interface PreparedInput {
  readonly input_uri: string;
  readonly output_uri: string;
  readonly records: number;
  /** Placeholders that were null in the data and rendered as nothing. */
  readonly null_values: number;
  /** Fewer records than a batch inference job takes go on demand, and all when the time for jobs is over. */
  readonly way: 'batch' | 'on_demand' | 'collect';
  readonly after_deadline?: boolean | undefined;
  /** To collect: the attempt that the chunk had come to. */
  readonly found?: { readonly attempt: number; readonly earlier: readonly AttemptResult[] } | undefined;
}

/**
 * Writes the records of one attempt, a line each, where its job will read them.
 * @throws BatchError InvalidInput when they pass the model's file size, SourceChanged when the dataset is another than at the start
 */
export async function prepareInput(
  { run, chunk, attempt, past_deadline }: PrepareInputInput,
  { objects }: { readonly objects: ObjectStore },
): Promise<PreparedInput> {
  if (run.collected) return lastAttempt(run, chunk, objects);
  const { family, limits } = resolveModel(run.model_id);
  const pending = attempt === 1 ? undefined : await pendingRows(run, chunk, attempt, objects);
  const lines = run.ready_made ? ownLines(objects, pending) : renderedLines(run, family, objects, pending);
  const key = runKeys.jobInput(run, chunk.index, attempt);
  await objects.write(key, sizeChecked(lines, chunk, limits));
  const wanted = pending?.length ?? chunk.row_count;
  if (lines.records !== wanted) {
    const rule = `have ${wanted} rows as when the run began`;
    throw refusal('prepare the job', 'the chunk', rule, lines.records);
  }
  return {
    ...places(run, chunk, attempt, objects),
    records: lines.records,
    null_values: lines.nulls,
    ...(past_deadline
      ? { way: 'on_demand', after_deadline: true }
      : { way: lines.records < limits.minRecords ? 'on_demand' : 'batch' }),
  };
}

/** Places in the chunk of the rows that Postprocess found worth another try. */
async function pendingRows(
  run: Run,
  { index }: Chunk,
  attempt: number,
  objects: ObjectStore,
): Promise<readonly number[]> {
  return ((await readJson(objects, runKeys.pending(run, index, attempt))) as PendingRows).places;
}

/** How far a chunk of a run that was broken off had come; nothing is written. */
async function lastAttempt(run: Run, chunk: Chunk, objects: ObjectStore): Promise<PreparedInput> {
  let [attempt, last]: [number, PendingRows | undefined] = [1, undefined];
  for (let next = 2; await objects.exists(runKeys.pending(run, chunk.index, next)); next++) {
    [attempt, last] = [
      next,
      (await readJson(objects, runKeys.pending(run, chunk.index, next))) as PendingRows,
    ];
  }
  return {
    ...places(run, chunk, attempt, objects),
    records: last?.places.length ?? chunk.row_count,
    null_values: 0,
    way: 'collect',
    found: { attempt, earlier: last?.earlier ?? [] },
  };
}

function places(run: Run, { index }: Chunk, attempt: number, { bucket }: ObjectStore) {
  return {
    input_uri: s3Uri({ bucket, key: runKeys.jobInput(run, index, attempt) }),
    output_uri: s3Uri({ bucket, key: runKeys.jobOutput(run, index, attempt) }),
  };
}

/** The lines of a job's file, and what was counted while they were made. */
interface RecordLines {
  readonly records: number;
  readonly bytes: number;
  readonly nulls: number;
  of(chunk: Chunk): AsyncIterable<Uint8Array>;
}

function renderedLines(
  run: Run,
  family: ModelFamily,
  objects: ObjectStore,
  pending: readonly number[] | undefined,
): RecordLines {
  const prompt = resolvePrompt(run.prompt_id ?? undefined, family.answers);
  const writer = recordWriter(family.encode, prompt);
  return {
    get records() {
      return writer.records;
    },
    get bytes() {
      return writer.bytes;
    },
    get nulls() {
      return writer.nulls;
    },
    async *of(chunk) {
      const wanted = new WantedRows(pending);
      for (const range of chunk.ranges) {
        const table = await openTable(objects.source(range.object), range.format, run.csv);
        const window = { firstRow: range.first_row, rowCount: range.row_count, start: range.start };
        for await (const batch of table.cells(window, prompt.columns)) {
          for (const { place, from, count } of wanted.runsWithin(batch.rowCount)) {
            yield* writer.write(rowsOfBatch(batch, from, count), chunk.first_row + place);
          }
        }
      }
      yield* writer.finish();
    },
  };
}

/** Ready-made records: the dataset's own lines, byte for byte. */
function ownLines(objects: ObjectStore, pending: readonly number[] | undefined): RecordLines {
  const out = new OutputBuffer(',');
  let [records, bytes] = [0, 0];
  return {
    get records() {
      return records;
    },
    get bytes() {
      return bytes;
    },
    nulls: 0,
    async *of(chunk) {
      const wanted = new WantedRows(pending);
      for (const range of chunk.ranges) {
        const source = objects.source(range.object);
        const from = range.start ?? (await firstJsonlPosition(source));
        const rows = { from, skip: range.first_row - from.row, rowCount: range.row_count };
        for await (const record of jsonlRows(source, rows)) {
          if (wanted.runsWithin(1).length === 0) continue;
          out.raw(record.bytes);
          out.text('\n');
          records++;
          bytes += record.bytes.length + 1;
          if (out.isFull) yield out.take();
        }
      }
      yield out.take();
    },
  };
}

/** Preprocess plans by size, so this is a defect, found before it costs anything. */
async function* sizeChecked(lines: RecordLines, chunk: Chunk, limits: JobLimits): AsyncGenerator<Uint8Array> {
  for await (const part of lines.of(chunk)) {
    checkSize(lines, chunk, limits);
    yield part;
  }
}

function checkSize({ bytes }: RecordLines, chunk: Chunk, { maxFileBytes }: JobLimits): void {
  if (bytes <= maxFileBytes) return;
  const rule = `be at most ${maxFileBytes} bytes for one job (lower max_records_per_job)`;
  throw refusal('prepare the job', `the ${chunk.row_count} records of chunk ${chunk.index}`, rule, 'more');
}
