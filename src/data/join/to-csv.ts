import type { AnswerRow, AppendedColumn, Cell } from '../../batch/output-columns.ts';
import { StoredAnswer } from '../answers.ts';
import { formatFields } from '../csv/fields.ts';
import { type CsvHeader, csvRecordBatches, firstPosition, readCsvHeader } from '../csv/table.ts';
import { csvField, OutputBuffer } from '../output-buffer.ts';
import { openTable } from '../table.ts';
import { type Answers, appendedTo, type Join, type JoinPiece, windowOf } from './join.ts';

/** CSV keeps its records' own bytes: quotes, spaces, line ends, byte order mark. */
export async function* csvToCsv(join: Join, answers: Answers): AsyncGenerator<JoinPiece> {
  const header = await readCsvHeader(join.source, join.csv);
  const { delimiter } = header.dialect;
  const columns = appendedTo(header.columns, join);
  const out = new OutputBuffer(delimiter);
  if (join.from === undefined) await copyHeader(out, join, header, columns);
  const { firstRow, rowCount, start = firstPosition(header) } = windowOf(join);
  const wanted = { from: start, skip: firstRow - start.row, rowCount };
  let row = firstRow;
  for await (const records of csvRecordBatches(join.source, header, wanted)) {
    for (const { bytes, end, fields } of records) {
      out.raw(bytes);
      // A row that is short is padded, or was refused.
      if (fields < header.columns.length) out.text(delimiter.repeat(header.columns.length - fields));
      if (!answers.isReady) await answers.fill();
      append(out, columns, answers.take(), delimiter);
      // A file's last record may end without a line end; the output's does as well.
      out.raw(end);
      if (out.isFull) yield out.take();
    }
    row += records.length;
    const last = records.at(-1);
    if (last === undefined) continue;
    yield out.take();
    const offset = last.offset + last.bytes.length + last.end.length;
    yield { place: () => ({ row, start: { row, offset, line: last.nextLine } }) };
  }
  yield out.take();
}

async function copyHeader(
  out: OutputBuffer,
  { source }: Join,
  { dialect: { delimiter }, record }: CsvHeader,
  columns: readonly AppendedColumn[],
): Promise<void> {
  const newline = record.end.length > 0 ? record.end.toString() : '\n';
  out.raw(new Uint8Array(await source.slice(0, record.offset)));
  out.raw(record.bytes);
  out.text(delimiter + formatFields(namesOf(columns), delimiter) + newline);
}

/** A change of format: every cell is text. */
export async function* textToCsv(join: Join, answers: Answers): AsyncGenerator<JoinPiece> {
  const table = await openTable(join.source, join.range.format, join.csv);
  const names = join.inputColumns ?? table.columns;
  const columns = appendedTo(names, join);
  const out = new OutputBuffer(',');
  const window = windowOf(join);
  let row = window.firstRow;
  if (join.from === undefined) out.text(`${formatFields([...names, ...namesOf(columns)], ',')}\n`);
  for await (const batch of table.texts(window, names)) {
    for (const values of batch.rows) {
      out.text(formatFields(values, ','));
      if (!answers.isReady) await answers.fill();
      append(out, columns, answers.take(), ',');
      out.text('\n');
      if (out.isFull) yield out.take();
    }
    row += batch.rows.length;
    yield out.take();
    yield { place: () => ({ row, start: batch.next }) };
  }
  yield out.take();
}

/** The appended fields of a row, each behind a delimiter. Text is copied as it lies where it can be. */
function append(
  out: OutputBuffer,
  columns: readonly AppendedColumn[],
  row: AnswerRow,
  delimiter: string,
): void {
  for (const column of columns) {
    out.delimiter();
    const text = row instanceof StoredAnswer ? row.textOf(column.field) : undefined;
    if (text === undefined) appendCell(out, column.of(row), delimiter);
    else if (text !== null) out.field(text);
  }
}

function appendCell(out: OutputBuffer, cell: Cell, delimiter: string): void {
  if (cell === null) return;
  if (typeof cell === 'object') out.vector(cell);
  else out.text(csvField(String(cell), delimiter));
}

function namesOf(columns: readonly AppendedColumn[]): readonly string[] {
  return columns.map(({ name }) => name);
}
