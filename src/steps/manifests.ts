import type { ChunkPlan } from '../batch/chunk-plan.ts';
import { type OutputFormat, runKeys } from '../batch/keys.ts';
import type { Chunk, Part, Run, SourceRange } from '../batch/manifest.ts';
import { refusal } from '../errors.ts';
import type { ObjectStore } from './collaborators.ts';
import type { Dataset } from './dataset.ts';
import type { SourceFile, Survey } from './survey.ts';

/** A chunk is one item of a Distributed Map, which may have 256 KiB; a range has about 400 bytes. */
const MOST_RANGES = 200;

/** Writes what the two Distributed Maps read. */
export async function writeManifests(
  run: Run,
  plan: ChunkPlan,
  dataset: Dataset,
  objects: ObjectStore,
): Promise<void> {
  const chunks = new ChunkLines(chunksOf(plan, dataset.survey));
  await objects.write(run.chunks_key, chunks.lines());
  await objects.write(run.parts_key, jsonLines(partsOf(run, dataset, chunks)));
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
    if (ranges.length > MOST_RANGES) {
      const rule = `come from at most ${MOST_RANGES} objects (lower max_records_per_job, or join small objects)`;
      throw refusal('start the run', `the ${rowCount} rows of a job`, rule, ranges.length);
    }
    yield { index, first_row: firstRow, row_count: rowCount, ranges };
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
function* partsOf(run: Run, { survey, format }: Dataset, chunks: ChunkLines): Generator<Part> {
  const { files, types } = survey;
  const taken = new Set<string>();
  const withRows = files
    .map((file, place) => ({ ...file, source: survey.rangeOf(place, 0, run.row_count) }))
    .filter(({ source }) => source.row_count > 0);
  const offsets = [...chunks.offsetsOf(withRows.map(({ firstRow }) => firstRow))];
  for (const [index, { source, firstRow, columns, relativeKey }] of withRows.entries()) {
    const name = outputName(relativeKey, format, run.output_format, taken);
    taken.add(name);
    yield {
      index,
      first_row: firstRow,
      source,
      columns: format === 'jsonl' ? columns : undefined,
      types: types?.types(),
      chunks_from: offsets[index] ?? 0,
      output_key: runKeys.output(run, run.output_format, name),
    };
  }
}

/** The file's own name; with another ending where the format is another, behind the old one if the name would be taken. */
function outputName(
  relativeKey: string,
  format: OutputFormat,
  outputFormat: OutputFormat,
  taken: ReadonlySet<string>,
): string {
  const [, folder = '', name = '', extension = ''] = /^(.*\/)?([^/]*?)(\.[^./]*)?$/.exec(relativeKey) ?? [];
  const stem = folder + (name === '' ? 'output' : name);
  // A .tsv stays one, as its delimiter stays.
  if (format === outputFormat && extension !== '') return stem + extension;
  const renamed = `${stem}.${outputFormat}`;
  return taken.has(renamed) ? `${stem}${extension}.${outputFormat}` : renamed;
}

async function* jsonLines(items: Iterable<unknown>): AsyncGenerator<Uint8Array> {
  for (const item of items) yield Buffer.from(`${JSON.stringify(item)}\n`);
}
