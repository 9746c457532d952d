import Papa from 'papaparse';
import { BatchError } from '../../errors.ts';

export interface Dialect {
  readonly delimiter: string;
  /** Bytes of the byte order mark before the header: 0 or 3. */
  readonly bomBytes: number;
}

const BOM = Buffer.from('\uFEFF');
const DELIMITERS = [',', '\t', ';', '|'];

/**
 * The dialect of a CSV file by its first bytes (64 KiB are plenty).
 * @throws BatchError InvalidInput for bytes that no text file holds.
 */
export function detectDialect(head: Buffer, name: string): Dialect {
  if (head.includes(0)) {
    throw new BatchError(
      'InvalidInput',
      `Cannot read ${name}: a CSV file must be saved as UTF-8 text, and this one holds NUL bytes.`,
    );
  }
  const bomBytes = head.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  const text = head.toString('utf8', bomBytes).replace(/\r\n?/g, '\n');
  const fits = DELIMITERS.map((delimiter) => ({ delimiter, ...fitOf(text, delimiter) })).filter(
    ({ width }) => width > 1,
  );
  const [best] = fits.sort((a, b) => b.alike - a.alike || b.width - a.width);
  // One column has no delimiter to be found.
  return { delimiter: best?.delimiter ?? ',', bomBytes };
}

/** How well a delimiter explains the first rows: the header's width, and the share of rows that have it. */
function fitOf(text: string, delimiter: string): { readonly width: number; readonly alike: number } {
  const { data } = Papa.parse<string[]>(text, {
    delimiter,
    newline: '\n',
    preview: 20,
    skipEmptyLines: true,
  });
  const width = data[0]?.length ?? 0;
  return { width, alike: data.filter((row) => row.length === width).length / data.length };
}
