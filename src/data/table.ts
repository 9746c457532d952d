import type { OutputFormat } from '../batch/keys.ts';
import type { StartPosition } from '../batch/manifest.ts';
import { BatchError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { type CellBatch, cellsOfTexts, textsOfCells } from './cells.ts';
import { csvCells } from './csv/cells.ts';
import { csvRowSpans, firstPosition, readCsvHeader } from './csv/table.ts';
import { firstJsonlPosition, jsonlRecords, jsonlTexts, KeyCollector, leadingKeys } from './jsonl/table.ts';
import { openParquet, parquetCells } from './parquet/parquet.ts';
import { RowIndex } from './row-index.ts';

export interface Survey {
  readonly rowCount: number;
  /** Every column, where the first rows do not have them all. */
  readonly columns?: readonly string[];
  /** Where reading of a row may begin; undefined where the format finds rows by itself. */
  locate(row: number): StartPosition | undefined;
}

export interface Table {
  readonly format: OutputFormat;
  readonly columns: readonly string[];
  /** Reads what the run will read, so that nothing which cannot be read costs money: every CSV record, or columns of Parquet. */
  survey(columns: readonly string[]): Promise<Survey>;
  /** Cells of the named columns as they lie, many rows at a time. */
  cells(range: RowWindow, columns: readonly string[]): AsyncGenerator<CellBatch>;
  /** The same cells as text, a row at a time. */
  texts(range: RowWindow, columns: readonly string[]): AsyncGenerator<readonly (string | null)[]>;
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

export async function openTable(source: ByteSource, format: OutputFormat): Promise<Table> {
  return openers[format](source);
}

const openers = {
  csv: openCsvTable,
  parquet: openParquetTable,
  jsonl: openJsonlTable,
} as const satisfies Record<OutputFormat, (source: ByteSource) => Promise<Table>>;

async function openCsvTable(source: ByteSource): Promise<Table> {
  const header = await readCsvHeader(source);
  const { columns } = header;
  const cells: Table['cells'] = ({ firstRow, rowCount, start = firstPosition(header) }, wanted) =>
    csvCells(source, header, { from: start, skip: firstRow - start.row, rowCount }, wanted);
  return {
    format: 'csv',
    columns,
    async survey() {
      const index = new RowIndex<Omit<StartPosition, 'row'>>();
      const rows = csvRowSpans(source, header, firstPosition(header));
      for await (const { count, offset, starts, lines } of rows) {
        for (let i = 0; i < count; i++) {
          index.add({ offset: offset + (starts[i] as number), line: lines[i] as number });
        }
      }
      return { rowCount: index.rows, locate: (row) => index.find(row) };
    },
    cells,
    texts: (range, wanted) => textsOfCells(cells(range, wanted)),
  };
}

async function openParquetTable(source: ByteSource): Promise<Table> {
  const table = await openParquet(source, source.name);
  const cells: Table['cells'] = ({ firstRow, rowCount }, columns) =>
    parquetCells(table, { columns, firstRow, rowCount });
  return {
    format: 'parquet',
    columns: table.columns,
    async survey(columns) {
      for await (const _ of cells({ firstRow: 0, rowCount: table.rowCount }, columns));
      return { rowCount: table.rowCount, locate: () => undefined };
    },
    cells,
    texts: (range, columns) => textsOfCells(cells(range, columns)),
  };
}

async function openJsonlTable(source: ByteSource): Promise<Table> {
  const first = await firstJsonlPosition(source);
  const texts: Table['texts'] = ({ firstRow, rowCount, start = first }, columns) =>
    jsonlTexts(source, { from: start, skip: firstRow - start.row, rowCount }, columns);
  return {
    format: 'jsonl',
    columns: await leadingKeys(source, first),
    async survey() {
      const index = new RowIndex<Omit<StartPosition, 'row'>>();
      const keys = new KeyCollector(source.name);
      for await (const record of jsonlRecords(source, first)) {
        keys.add(record);
        index.add({ offset: record.offset, line: record.line });
      }
      return { rowCount: index.rows, columns: keys.keys, locate: (row) => index.find(row) };
    },
    cells: (range, columns) => cellsOfTexts(texts(range, columns), columns.length),
    texts,
  };
}
