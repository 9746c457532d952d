import type { AnswerRow, AppendedColumn } from '../../batch/output-columns.ts';
import {
  type ColumnValues,
  type OutputValue,
  openParquet,
  ParquetFile,
  spliceParquet,
} from '../parquet/parquet.ts';
import { openTable } from '../table.ts';
import { convert, type InferredType } from '../type-inference.ts';
import { type Answers, appendedTo, type Join, type JoinPiece, windowOf } from './join.ts';

/** Parquet beside Parquet: the source's own bytes are named, not read, so that where the output is kept they can be copied. */
export async function* parquetToParquet(join: Join, answers: Answers): AsyncGenerator<JoinPiece> {
  const { source, range, from } = join;
  const table = await openParquet(source, source.name);
  const columns = appendedTo(table.columns, join);
  const next = async (count: number) => valuesOf(columns, await answers.takeMany(count));
  const options = { columns, next, rows: range.row_count, from: from?.file };
  for await (const segment of spliceParquet(table, options)) {
    if (segment.kind === 'bytes') yield segment.bytes;
    else if (segment.kind === 'copy') yield* copied(join, segment.end);
    else yield { place: () => ({ row: segment.rows, file: segment.state() }) };
  }
}

/** S3 copies it in less than a minute. */
const COPY_BYTES = 4 * 1024 ** 3;

/** The source's bytes up to some place, in ranges between which the output may be put down. */
async function* copied({ range, from }: Join, end: number): AsyncGenerator<JoinPiece> {
  for (let start = from?.copied ?? 0; start < end; ) {
    const next = Math.min(end, start + COPY_BYTES);
    yield { object: range.object, start, end: next };
    yield { place: () => ({ row: range.first_row, copied: next }) };
    start = next;
  }
}

/** Rows that are encoded between two looks at the size of a row group. */
const STEP_ROWS = 64;

/** A change of format: every input column is text, or what all its texts are. */
export async function* textToParquet(join: Join, answers: Answers): AsyncGenerator<JoinPiece> {
  const table = await openTable(join.source, join.range.format, join.csv);
  const names = join.inputColumns ?? table.columns;
  const columns = appendedTo(names, join);
  const inputs = names.map((name, i) => ({ name, type: (join.types?.[i] ?? 'string') as InferredType }));
  const file = new ParquetFile({ columns: [...inputs, ...columns] }, join.from?.file);
  const window = windowOf(join);
  let [row, start] = [window.firstRow, window.start];
  if (join.from === undefined) yield file.start();
  for await (const { rows, next } of table.texts(window, names)) {
    for (let at = 0; at < rows.length; at += STEP_ROWS) {
      const step = rows.slice(at, at + STEP_ROWS);
      const answered = await answers.takeMany(step.length);
      yield* file.add([...inputValues(inputs, step), ...valuesOf(columns, answered)]);
      row += step.length;
      if (!file.isGroupFull) continue;
      yield* file.endGroup();
      // Reading goes on from where these rows began: the nearest place before the next one that is known.
      yield { place: () => ({ row, start, file: file.state }) };
    }
    start = next;
  }
  yield* file.endGroup();
  yield file.end();
}

function inputValues(
  columns: readonly { readonly type: InferredType }[],
  rows: readonly (readonly (string | null)[])[],
): ColumnValues[] {
  return columns.map(({ type }, i) =>
    rows.map((row): OutputValue => {
      const text = row[i] ?? null;
      return text === null || type === 'string' ? text : convert(type, text);
    }),
  );
}

function valuesOf(columns: readonly AppendedColumn[], rows: readonly AnswerRow[]): ColumnValues[] {
  return columns.map(({ of }) => rows.map(of));
}
