import type { OutputFormat } from '../batch/keys.ts';
import type { StartPosition } from '../batch/manifest.ts';
import { BatchError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { type CellBatch, cellsOfTexts, type TextBatch, textsOfBatch } from './cells.ts';
import { csvCells } from './csv/cells.ts';
import type { CsvOptions } from './csv/dialect.ts';
import { scanCsv } from './csv/scan.ts';
import { firstPosition, readCsvHeader } from './csv/table.ts';
import { scanJsonl } from './jsonl/scan.ts';
import { firstJsonlPosition, jsonlTexts, leadingKeys } from './jsonl/table.ts';
import { openParquet, parquetCells } from './parquet/parquet.ts';
import { scanParquet } from './parquet/scan.ts';
import type { ScannedRows, ScanWanted } from './scan.ts';

export interface Table {
  readonly format: OutputFormat;
  /** Of JSON lines those of the first objects; the scan tells of more. */
  readonly columns: readonly string[];
  /** Every row from a position on, or from the first. */
  scan(wanted: ScanWanted, from?: StartPosition): AsyncGenerator<ScannedRows>;
  /** Cells of the named columns as they lie, many rows at a time. */
  cells(range: RowWindow, columns: readonly string[]): AsyncGenerator<CellBatch>;
  /** The same cells as text. */
  texts(range: RowWindow, columns: readonly string[]): AsyncGenerator<TextBatch>;
}

export interface RowWindow {
  readonly firstRow: number;
  readonly rowCount: number;
  readonly start?: StartPosition | undefined;
}

const PARQUET_MAGIC = 'PAR1';
const TEXT_FILE = /\.(csv|tsv|txt)$/i;
const JSON_LINES_FILE = /\.(jsonl|ndjson)$/i;

/** @throws BatchError InvalidInput for a file that is none of these by its name and first bytes. */
export async function detectFormat(source: ByteSource): Promise<OutputFormat> {
  const head = Buffer.from(await source.slice(0, Math.min(PARQUET_MAGIC.length, source.byteLength)));
  if (head.toString('latin1') === PARQUET_MAGIC || /\.parquet$/i.test(source.name)) return 'parquet';
  if (TEXT_FILE.test(source.name)) return 'csv';
  if (JSON_LINES_FILE.test(source.name)) return 'jsonl';
  throw new BatchError(
    'InvalidInput',
    `Cannot read ${source.name}: the dataset must be a CSV file (.csv, .tsv, .txt), JSON lines (.jsonl, .ndjson) or a Parquet file.`,
  );
}

export async function openTable(source: ByteSource, format: OutputFormat, csv?: CsvOptions): Promise<Table> {
  return openers[format](source, csv);
}

const openers = {
  csv: openCsvTable,
  parquet: openParquetTable,
  jsonl: openJsonlTable,
} as const satisfies Record<OutputFormat, (source: ByteSource, csv?: CsvOptions) => Promise<Table>>;

async function openCsvTable(source: ByteSource, options?: CsvOptions): Promise<Table> {
  const header = await readCsvHeader(source, options);
  const first = firstPosition(header);
  const cells: Table['cells'] = ({ firstRow, rowCount, start = first }, wanted) =>
    csvCells(source, header, { from: start, skip: firstRow - start.row, rowCount }, wanted);
  return {
    format: 'csv',
    columns: header.columns,
    scan: (wanted, from = first) => scanCsv(source, header, from, wanted),
    cells,
    texts: (range, columns) => textBatches(cells(range, columns)),
  };
}

async function openParquetTable(source: ByteSource): Promise<Table> {
  const table = await openParquet(source, source.name);
  const cells: Table['cells'] = ({ firstRow, rowCount, start }, columns) =>
    parquetCells(table, { columns, firstRow, rowCount, pages: start?.pages });
  return {
    format: 'parquet',
    columns: table.columns,
    scan: (wanted, from = { row: 0, offset: 0, line: 0 }) => scanParquet(table, from, wanted),
    cells,
    texts: (range, columns) => textBatches(cells(range, columns)),
  };
}

async function openJsonlTable(source: ByteSource): Promise<Table> {
  const first = await firstJsonlPosition(source);
  const texts: Table['texts'] = ({ firstRow, rowCount, start = first }, columns) =>
    jsonlTexts(source, { from: start, skip: firstRow - start.row, rowCount }, columns);
  return {
    format: 'jsonl',
    columns: await leadingKeys(source, first),
    scan: (wanted, from = first) => scanJsonl(source, from, wanted),
    async *cells(range, columns) {
      for await (const batch of texts(range, columns)) yield cellsOfTexts(batch, columns.length);
    },
    texts,
  };
}

async function* textBatches(batches: AsyncIterable<CellBatch>): AsyncGenerator<TextBatch> {
  for await (const batch of batches) yield { rows: textsOfBatch(batch), next: batch.next };
}
