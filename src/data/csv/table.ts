import { BatchError } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { type Dialect, detectDialect } from './dialect.ts';
import { parseFields } from './fields.ts';
import { type CsvRecord, csvRecords } from './record-scanner.ts';

const HEAD_BYTES = 64 * 1024;
const BATCH_RECORDS = 1000;

export interface CsvHeader {
  readonly dialect: Dialect;
  readonly columns: readonly string[];
  readonly record: CsvRecord;
}

/** @throws BatchError InvalidInput for an empty file */
export async function readCsvHeader(source: ByteSource): Promise<CsvHeader> {
  const head = await source.slice(0, Math.min(HEAD_BYTES, source.byteLength));
  const dialect = detectDialect(Buffer.from(head), source.name);
  for await (const record of csvRecords(source.stream(dialect.bomBytes), scanOptions(source, dialect))) {
    const columns = parseFields([record], dialect.delimiter)[0] ?? [];
    return { dialect, columns, record };
  }
  throw new BatchError(
    'InvalidInput',
    `Cannot read ${source.name}: the file must have a header and rows, and it is empty.`,
  );
}

const scanOptions = (source: ByteSource, dialect: Dialect) => ({
  name: source.name,
  delimiter: dialect.delimiter,
  offset: dialect.bomBytes,
});

/** A place between two records, and the number of the row that follows. */
export interface CsvPosition {
  readonly row: number;
  readonly offset: number;
  readonly line: number;
}

export function firstPosition({ record }: CsvHeader): CsvPosition {
  return {
    row: 0,
    offset: record.offset + record.bytes.length + record.end.length,
    line: record.nextLine,
  };
}

/**
 * The rows' records from a position on, without the header.
 * @throws BatchError InvalidInput with the line of a row that has more or fewer fields than the header.
 */
export async function* csvRows(
  source: ByteSource,
  header: CsvHeader,
  from: CsvPosition,
): AsyncGenerator<CsvRecord> {
  const { dialect, columns } = header;
  const options = { name: source.name, delimiter: dialect.delimiter, offset: from.offset, line: from.line };
  for await (const record of csvRecords(source.stream(from.offset), options)) {
    if (record.fields !== columns.length) {
      throw new BatchError(
        'InvalidInput',
        `Cannot read ${source.name}: line ${record.line} must have ${columns.length} fields like the header, and it has ${record.fields}.`,
      );
    }
    yield record;
  }
}

export interface CsvRowRange {
  readonly from: CsvPosition;
  /** Rows between `from` and the first one wanted. */
  readonly skip: number;
  readonly rowCount: number;
}

/** Wanted records with their fields, a batch at a time. */
export async function* csvRowBatches(
  source: ByteSource,
  header: CsvHeader,
  { from, skip, rowCount }: CsvRowRange,
): AsyncGenerator<{ readonly records: readonly CsvRecord[]; readonly rows: readonly string[][] }> {
  let records: CsvRecord[] = [];
  let position = 0;
  const batch = () => ({ records, rows: parseFields(records, header.dialect.delimiter) });
  for await (const record of csvRows(source, header, from)) {
    if (position++ < skip) continue;
    records.push(record);
    const done = position === skip + rowCount;
    if (records.length === BATCH_RECORDS || done) {
      yield batch();
      records = [];
    }
    if (done) return;
  }
  if (records.length > 0) yield batch();
}
