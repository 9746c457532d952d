import Papa from 'papaparse';
import { BatchError } from '../../errors.ts';
import type { CsvRecord } from './records.ts';

/** The fields of scanned records, unquoted. The scanner has found the records, so a fixed newline can part them here. */
export function parseFields(records: readonly CsvRecord[], delimiter: string): string[][] {
  // Papa takes one U+FEFF at the start for a byte order mark; a cell's own must not be that one.
  const text = `\uFEFF${records.map((record) => record.bytes.toString('utf8')).join('\n')}`;
  // Of a single empty line Papa makes no row.
  if (records.every((record) => record.bytes.length === 0)) return records.map(() => ['']);
  const { data } = Papa.parse<string[]>(text, { delimiter, newline: '\n', header: false });
  // Two readers of one rule: should they ever disagree, no row may slide into another's place.
  const differing = records.findIndex((record, i) => data[i]?.length !== record.fields);
  if (differing >= 0 || data.length !== records.length) {
    const at = records[Math.max(differing, 0)]?.line;
    throw new BatchError(
      'InvalidInput',
      `Cannot read the CSV record of line ${at}: its quotes can be read in two ways.`,
    );
  }
  return data;
}

/** Text as CSV fields, quoted where it must be; null is an empty field. */
export function formatFields(values: readonly (string | null)[], delimiter: string): string {
  return Papa.unparse([values.map((value) => value ?? '')], { delimiter, newline: '\n' });
}
