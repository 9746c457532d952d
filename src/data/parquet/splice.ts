import { refusal } from '../../errors.ts';
import type { Compression } from './codecs.ts';
import { assertColumns } from './column-lengths.ts';
import { appendToFooter, type NewChunk, withTrailer } from './footer.ts';
import { GroupEncoder } from './group-encoder.ts';
import { guardSource } from './source-guard.ts';
import type { ColumnValues, OutputColumn, ParquetTable, Segment } from './types.ts';

export interface SpliceOptions {
  readonly columns: readonly OutputColumn[];
  /** Pulls the values of the next `count` rows, in row order. */
  readonly next: (count: number) => Promise<readonly ColumnValues[]>;
  /** Of all new columns; by default zstd (snappy on a Node without it), and none for vectors. */
  readonly compression?: Compression | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Rows that are pulled at once: 2 MB of vectors of 1,024 floats, or as much text as that many answers hold. */
const SLICE_ROWS = { ofLists: 512, flat: 1024 } as const;

/**
 * The table with columns appended, as the pieces of its file: the input up to its footer as it is, the new column chunks,
 * and the input's footer with them added. No value, statistic, index or unknown field of the input changes.
 *
 * The first column streams, so the largest belongs there; pages of the others wait, encoded, for the row group's end.
 */
export async function* spliceParquet(
  table: ParquetTable,
  { columns, next, compression, signal }: SpliceOptions,
): AsyncGenerator<Segment> {
  assertNewNames(table, columns);
  signal?.throwIfAborted();
  yield { kind: 'copy', start: 0, end: table.footer.start };
  const groups: (readonly NewChunk[])[] = [];
  const position = { offset: table.footer.start };
  for (const rows of table.rowGroups) {
    const group = new GroupEncoder(columns, position, compression);
    for await (const slice of slicesOf(columns, rows, next, signal)) {
      for (const bytes of group.add(slice)) yield { kind: 'bytes', bytes };
    }
    for (const bytes of group.end()) yield { kind: 'bytes', bytes };
    groups.push(group.placed());
  }
  const { decode } = guardSource(table.source, table.name);
  const footer = () => withTrailer(appendToFooter(table.footer.bytes, columns, groups));
  yield { kind: 'bytes', bytes: await decode('its footer', footer) };
}

async function* slicesOf(
  columns: readonly OutputColumn[],
  rows: number,
  next: SpliceOptions['next'],
  signal: AbortSignal | undefined,
): AsyncGenerator<readonly ColumnValues[]> {
  const size = columns.some(({ type }) => type === 'list<float>') ? SLICE_ROWS.ofLists : SLICE_ROWS.flat;
  for (let done = 0; done < rows; done += size) {
    signal?.throwIfAborted();
    const count = Math.min(size, rows - done);
    const slice = await next(count);
    assertColumns(columns, slice, count);
    yield slice;
  }
}

function assertNewNames(table: ParquetTable, columns: readonly OutputColumn[]): void {
  const names = new Set(table.columns);
  for (const { name } of columns) {
    if (names.has(name))
      throw refusal(`add to ${table.name}`, `column ${name}`, 'be new', 'one of its columns');
    names.add(name);
  }
}
