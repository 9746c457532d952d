import type { StartPosition } from '../../batch/manifest.ts';
import { BatchError } from '../../errors.ts';
import type { ByteSource } from '../byte-source.ts';
import { type CsvOptions, type Dialect, detectDialect } from './dialect.ts';
import { parseFields } from './fields.ts';
import { csvSpans } from './record-scanner.ts';
import type { RecordSpans } from './record-spans.ts';
import { type CsvRecord, csvRecords, recordsOf } from './records.ts';

const HEAD_BYTES = 64 * 1024;
const BATCH_RECORDS = 1000;
const BATCH_BYTES = 1024 * 1024;

export interface CsvHeader {
  readonly dialect: Dialect;
  readonly columns: readonly string[];
  readonly record: CsvRecord;
}

/** @throws BatchError InvalidInput for an empty file */
export async function readCsvHeader(source: ByteSource, given?: CsvOptions): Promise<CsvHeader> {
  const head = await source.slice(0, Math.min(HEAD_BYTES, source.byteLength));
  const dialect = detectDialect(Buffer.from(head), source.name, given);
  const options = { name: source.name, delimiter: dialect.delimiter, offset: dialect.bomBytes };
  for await (const record of csvRecords(source.stream(dialect.bomBytes), options)) {
    const columns = parseFields([record], dialect.delimiter)[0] ?? [];
    return { dialect, columns, record };
  }
  throw new BatchError(
    'InvalidInput',
    `Cannot read ${source.name}: the file must have a header and rows, and it is empty.`,
  );
}

export function firstPosition({ record }: CsvHeader): StartPosition {
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
export function csvRowSpans(
  source: ByteSource,
  { dialect, columns }: CsvHeader,
  { offset, line }: StartPosition,
): AsyncGenerator<RecordSpans> {
  return csvSpans(source.stream(offset), {
    name: source.name,
    delimiter: dialect.delimiter,
    offset,
    line,
    fields: columns.length,
    mayBeShort: dialect.raggedRows === 'pad',
    // In a table of one column an empty line is a row whose value is empty.
    emptyLines: columns.length === 1 ? 'rows' : 'nothing',
  });
}

export interface CsvRowRange {
  readonly from: StartPosition;
  /** Rows between `from` and the first one wanted. */
  readonly skip: number;
  readonly rowCount: number;
}

/** Wanted records, a batch at a time: few enough to be bounded in bytes as well, enough to be parsed together. */
export async function* csvRecordBatches(
  source: ByteSource,
  header: CsvHeader,
  { from, skip, rowCount }: CsvRowRange,
): AsyncGenerator<readonly CsvRecord[]> {
  let [batch, bytes, position] = [[] as CsvRecord[], 0, 0];
  for await (const spans of csvRowSpans(source, header, from)) {
    const first = Math.max(0, skip - position);
    const end = Math.min(spans.count, skip + rowCount - position);
    position += spans.count;
    for (const record of recordsOf(spans, first, end)) {
      batch.push(record);
      bytes += record.bytes.length;
      if (batch.length < BATCH_RECORDS && bytes < BATCH_BYTES) continue;
      yield batch;
      [batch, bytes] = [[], 0];
    }
    if (position >= skip + rowCount) break;
  }
  if (batch.length > 0) yield batch;
}
