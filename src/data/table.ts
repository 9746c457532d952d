import type { OutputFormat } from '../batch/keys.ts';
import type { StartPosition } from '../batch/manifest.ts';
import { BatchError } from '../errors.ts';
import type { ByteSource } from './byte-source.ts';
import { parseFields } from './csv/fields.ts';
import { csvRecordBatches, csvRows, firstPosition, readCsvHeader } from './csv/table.ts';
import { openParquet, readParquetText } from './parquet/parquet.ts';
import { RowIndex } from './row-index.ts';

export interface Survey {
  readonly rowCount: number;
  /** Where reading of a row may begin; undefined where the format finds rows by itself. */
  locate(row: number): StartPosition | undefined;
}

export interface Table {
  readonly format: OutputFormat;
  readonly columns: readonly string[];
  /** Reads what the run will read, so that nothing which cannot be read costs money: every CSV record, or columns of Parquet. */
  survey(columns: readonly string[]): Promise<Survey>;
  /** Cells of the named columns as text, a row at a time. */
  texts(range: RowWindow, columns: readonly string[]): AsyncGenerator<readonly (string | null)[]>;
}

export interface RowWindow {
  readonly firstRow: number;
  readonly rowCount: number;
  readonly start?: StartPosition | undefined;
}

const PARQUET_MAGIC = 'PAR1';
const TEXT_FILE = /\.(csv|tsv|txt)$/i;

/** @throws BatchError InvalidInput for a file that is neither CSV nor Parquet by its name and first bytes. */
export async function detectFormat(source: ByteSource): Promise<OutputFormat> {
  const head = Buffer.from(await source.slice(0, Math.min(PARQUET_MAGIC.length, source.byteLength)));
  if (head.toString('latin1') === PARQUET_MAGIC || /\.parquet$/i.test(source.name)) return 'parquet';
  if (TEXT_FILE.test(source.name)) return 'csv';
  throw new BatchError(
    'InvalidInput',
    `Cannot read ${source.name}: the dataset must be a CSV file (.csv, .tsv, .txt) or a Parquet file.`,
  );
}

export async function openTable(source: ByteSource, format: OutputFormat): Promise<Table> {
  return format === 'csv' ? openCsvTable(source) : openParquetTable(source);
}

async function openCsvTable(source: ByteSource): Promise<Table> {
  const header = await readCsvHeader(source);
  const { columns } = header;
  return {
    format: 'csv',
    columns,
    async survey() {
      const index = new RowIndex<Omit<StartPosition, 'row'>>();
      for await (const { offset, line } of csvRows(source, header, firstPosition(header))) {
        index.add({ offset, line });
      }
      return { rowCount: index.rows, locate: (row) => index.find(row) };
    },
    async *texts({ firstRow, rowCount, start = firstPosition(header) }, wanted) {
      const places = wanted.map((column) => columns.indexOf(column));
      const range = { from: start, skip: firstRow - start.row, rowCount };
      for await (const records of csvRecordBatches(source, header, range)) {
        for (const row of parseFields(records, header.dialect.delimiter))
          yield places.map((place) => row[place] ?? null);
      }
    },
  };
}

async function openParquetTable(source: ByteSource): Promise<Table> {
  const table = await openParquet(source, source.name);
  return {
    format: 'parquet',
    columns: table.columns,
    async survey(columns) {
      for await (const _ of readParquetText(table, { columns, firstRow: 0, rowCount: table.rowCount }));
      return { rowCount: table.rowCount, locate: () => undefined };
    },
    texts: ({ firstRow, rowCount }, columns) => readParquetText(table, { columns, firstRow, rowCount }),
  };
}
