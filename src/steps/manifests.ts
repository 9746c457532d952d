import type { ChunkPlan } from '../batch/chunk-plan.ts';
import { type OutputFormat, runKeys } from '../batch/keys.ts';
import type { Chunk, Part, PartColumns, Run, SourceRange } from '../batch/manifest.ts';
import { refusal } from '../errors.ts';
import type { ObjectStore } from './collaborators.ts';
import type { Dataset } from './dataset.ts';
import type { SourceFile, Survey } from './survey.ts';

/** Each range is opened on its own. */
const MOST_RANGES = 200;
/** A chunk goes through a child execution, whose state may have 256 KiB: the run, a job and its failure go along. */
const MOST_ITEM_BYTES = 160 * 1024;

function tooManyObjects({ row_count, ranges }: Chunk): Error {
  const fewer = Math.min(MOST_RANGES, ranges.length - 1);
  const rule = `come from at most ${fewer} objects (lower max_records_per_job, or join small objects)`;
  return refusal('start the run', `the ${row_count} rows of a job`, rule, ranges.length);
}

/** Writes what the two Distributed Maps read. */
export async function writeManifests(
  run: Run,
  plan: ChunkPlan,
  dataset: Dataset,
  objects: ObjectStore,
): Promise<void> {
  const chunks = new ChunkLines(chunksOf(plan, dataset.survey));
  await objects.write(run.chunks_key, chunks.lines());
  const columnsKeys = await writeColumns(run, dataset, objects);
  await objects.write(run.parts_key, jsonLines(partsOf(run, dataset, chunks, columnsKeys)));
}

function* chunksOf(plan: ChunkPlan, survey: Survey): Generator<Chunk> {
  const { files } = survey;
  let first = 0;
  for (const [index, { firstRow, rowCount }] of plan.chunks.entries()) {
    while (endRow(files[first]) <= firstRow) first++;
    const ranges: SourceRange[] = [];
    for (let place = first; (files[place]?.firstRow ?? Infinity) < firstRow + rowCount; place++) {
      const range = survey.rangeOf(place, firstRow, rowCount);
      if (range.row_count > 0) ranges.push(range);
    }
    const chunk = { index, first_row: firstRow, row_count: rowCount, ranges };
    if (ranges.length > MOST_RANGES) throw tooManyObjects(chunk);
    yield chunk;
  }
}

function endRow(file: SourceFile | undefined): number {
  return file === undefined ? Infinity : file.firstRow + file.rowCount;
}

/** The lines of chunks.jsonl, and where the line of a row's chunk begins. */
class ChunkLines {
  readonly #chunks: Iterable<Chunk>;
  readonly #ends: { readonly endRow: number; readonly offset: number }[] = [];

  constructor(chunks: Iterable<Chunk>) {
    this.#chunks = chunks;
  }

  async *lines(): AsyncGenerator<Uint8Array> {
    let offset = 0;
    for (const chunk of this.#chunks) {
      const line = Buffer.from(`${JSON.stringify(chunk)}\n`);
      if (line.length > MOST_ITEM_BYTES) throw tooManyObjects(chunk);
      this.#ends.push({ endRow: chunk.first_row + chunk.row_count, offset });
      offset += line.length;
      yield line;
    }
  }

  /** For rows in rising order. */
  *offsetsOf(rows: Iterable<number>): Generator<number> {
    let at = 0;
    for (const row of rows) {
      while ((this.#ends[at]?.endRow ?? Infinity) <= row) at++;
      yield this.#ends[at]?.offset ?? 0;
    }
  }
}

/** One output for each file that has rows in the run. */
function* partsOf(
  run: Run,
  { survey, format }: Dataset,
  chunks: ChunkLines,
  columnsKeys: ReadonlyMap<readonly string[], string>,
): Generator<Part> {
  const names = new OutputNames(run, format);
  const withRows = survey.files
    .map((file, place) => ({ ...file, source: survey.rangeOf(place, 0, run.row_count) }))
    .filter(({ source }) => source.row_count > 0);
  const offsets = [...chunks.offsetsOf(withRows.map(({ firstRow }) => firstRow))];
  for (const [index, { source, firstRow, columns, relativeKey }] of withRows.entries()) {
    yield {
      index,
      first_row: firstRow,
      source,
      columns_key: columnsKeys.get(columns),
      chunks_from: offsets[index] ?? 0,
      output_key: names.next(relativeKey),
    };
  }
}

/**
 * Writes what AssembleOutput must be told of columns, once for each list of them: a thousand names have no room in the item of a part.
 * Only JSON lines do not tell their columns by themselves, and only inferred types are not those of the source.
 */
async function writeColumns(
  run: Run,
  { survey, format }: Dataset,
  objects: ObjectStore,
): Promise<ReadonlyMap<readonly string[], string>> {
  const keys = new Map<readonly string[], string>();
  const types = survey.types?.types();
  if (format !== 'jsonl' && types === undefined) return keys;
  for (const [index, columns] of survey.columnLists.entries()) {
    const key = runKeys.columns(run, index);
    const told: PartColumns = { columns, types };
    await objects.write(key, JSON.stringify(told));
    keys.set(columns, key);
  }
  return keys;
}

/** S3's own bound. */
const MOST_KEY_BYTES = 1024;

/** Keys of outputs, each of which is given once. */
class OutputNames {
  readonly #run: Run;
  readonly #format: OutputFormat;
  readonly #taken = new Set<string>();

  constructor(run: Run, format: OutputFormat) {
    this.#run = run;
    this.#format = format;
  }

  next(relativeKey: string): string {
    for (const name of this.#candidates(relativeKey)) {
      if (this.#taken.has(name)) continue;
      this.#taken.add(name);
      const key = runKeys.output(this.#run, this.#run.output_format, name);
      if (Buffer.byteLength(key) <= MOST_KEY_BYTES) return key;
      throw refusal('start the run', "an output's key", `have at most ${MOST_KEY_BYTES} bytes`, key);
    }
    throw new Error('There is always another name.');
  }

  /** The file's own name; with another ending where the format is another; behind the old one if that is taken; with a number. */
  *#candidates(relativeKey: string): Generator<string> {
    const { output_format: outputFormat } = this.#run;
    const [, folder = '', name = '', extension = ''] = /^(.*\/)?([^/]*?)(\.[^./]*)?$/.exec(relativeKey) ?? [];
    const stem = folder + (name === '' ? 'output' : name);
    // A .tsv stays one, as its delimiter stays.
    if (this.#format === outputFormat && extension !== '') yield stem + extension;
    else yield `${stem}.${outputFormat}`;
    if (this.#format !== outputFormat) yield `${stem}${extension}.${outputFormat}`;
    const ending = this.#format === outputFormat && extension !== '' ? extension : `.${outputFormat}`;
    for (let n = 1; ; n++) yield `${stem}_${n}${ending}`;
  }
}

async function* jsonLines(items: Iterable<unknown>): AsyncGenerator<Uint8Array> {
  for (const item of items) yield Buffer.from(`${JSON.stringify(item)}\n`);
}
