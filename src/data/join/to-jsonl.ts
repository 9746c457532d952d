import type { AnswerRow, AppendedColumn, Cell } from '../../batch/output-columns.ts';
import { behindRecord, firstJsonlPosition, jsonlRows, leadingKeys } from '../jsonl/table.ts';
import { OutputBuffer } from '../output-buffer.ts';
import { openParquet, parquetJson } from '../parquet/parquet.ts';
import { openTable } from '../table.ts';
import { vectorText } from '../vector-text.ts';
import { type Answers, appendedTo, type Join, type JoinPiece, windowOf } from './join.ts';

/** JSON lines keep their own bytes; the appended members go before the closing brace. */
export async function* jsonlToJsonl(join: Join, answers: Answers): AsyncGenerator<JoinPiece> {
  const first = await firstJsonlPosition(join.source);
  const { firstRow, rowCount, start = first } = windowOf(join);
  const columns = appendedTo(join.inputColumns ?? (await leadingKeys(join.source, first)), join);
  const out = new OutputBuffer(',');
  let row = firstRow;
  const wanted = { from: start, skip: firstRow - start.row, rowCount };
  for await (const record of jsonlRows(join.source, wanted)) {
    const { bytes, end, members } = record;
    out.raw(bytes.subarray(0, bytes.lastIndexOf('}')));
    if (!answers.isReady) await answers.fill();
    out.text(`${members.size > 0 ? ',' : ''}${membersText(columns, answers.take())}}`);
    out.raw(end);
    row++;
    if (!out.isFull) continue;
    // The record's own bytes are gone when the next is asked for, its place is not.
    const place = { row, start: { row, ...behindRecord(record) } };
    yield out.take();
    yield { place: () => place };
  }
  yield out.take();
}

/** CSV: every cell is a string. */
export async function* csvToJsonl(join: Join, answers: Answers): AsyncGenerator<JoinPiece> {
  const table = await openTable(join.source, join.range.format, join.csv);
  const lines = new JsonLines(table.columns, join, answers);
  const window = windowOf(join);
  let row = window.firstRow;
  for await (const batch of table.texts(window, table.columns)) {
    for (const values of batch.rows) {
      await lines.add(values.map((value) => JSON.stringify(value)));
      if (lines.out.isFull) yield lines.out.take();
    }
    row += batch.rows.length;
    yield lines.out.take();
    yield { place: () => ({ row, start: batch.next }) };
  }
}

/** Parquet: cells become JSON by the rules of `parquetJson`. */
export async function* parquetToJsonl(join: Join, answers: Answers): AsyncGenerator<JoinPiece> {
  const table = await openParquet(join.source, join.source.name);
  const lines = new JsonLines(table.columns, join, answers);
  const { firstRow, rowCount } = windowOf(join);
  let row = firstRow;
  for await (const cells of parquetJson(table, { columns: table.columns, firstRow, rowCount })) {
    await lines.add(cells);
    row++;
    if (!lines.out.isFull) continue;
    yield lines.out.take();
    yield { place: () => ({ row }) };
  }
  yield lines.out.take();
}

/** Objects whose members were written before, and the appended ones behind them. */
class JsonLines {
  readonly out = new OutputBuffer(',');
  readonly #keys: readonly string[];
  readonly #appended: readonly AppendedColumn[];
  readonly #answers: Answers;

  constructor(columns: readonly string[], join: Join, answers: Answers) {
    this.#keys = columns.map((name) => `${JSON.stringify(name)}:`);
    this.#appended = appendedTo(columns, join);
    this.#answers = answers;
  }

  async add(values: readonly string[]): Promise<void> {
    if (!this.#answers.isReady) await this.#answers.fill();
    const members = values.map((json, i) => (this.#keys[i] ?? '') + json);
    this.out.text(`{${[...members, membersText(this.#appended, this.#answers.take())].join(',')}}\n`);
  }
}

function membersText(columns: readonly AppendedColumn[], row: AnswerRow): string {
  return columns.map(({ name, of }) => `${JSON.stringify(name)}:${jsonOf(of(row))}`).join(',');
}

function jsonOf(cell: Cell): string {
  return typeof cell === 'object' && cell !== null ? vectorText(cell) : JSON.stringify(cell);
}
