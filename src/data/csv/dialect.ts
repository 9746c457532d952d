import Papa from 'papaparse';
import { BatchError } from '../../errors.ts';

/** What a request says of its CSV files. */
export interface CsvOptions {
  /** One character; found by the first rows where it is absent. */
  readonly delimiter?: string | undefined;
  /** Rows with fewer fields than the header: refused where it is absent. */
  readonly raggedRows?: 'refuse' | 'pad' | undefined;
}

export interface Dialect extends CsvOptions {
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
export function detectDialect(head: Buffer, name: string, options: CsvOptions = {}): Dialect {
  if (head.includes(0)) {
    throw new BatchError(
      'InvalidInput',
      `Cannot read ${name}: a CSV file must be saved as UTF-8 text, and this one holds NUL bytes.`,
    );
  }
  const bomBytes = head.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  if (options.delimiter !== undefined) return { ...options, delimiter: options.delimiter, bomBytes };
  const text = head.toString('utf8', bomBytes).replace(/\r\n?/g, '\n');
  const fits = DELIMITERS.map((delimiter) => ({ delimiter, ...fitOf(text, delimiter) })).filter(
    ({ width }) => width > 1,
  );
  const [best] = fits.sort((a, b) => b.alike - a.alike || b.width - a.width);
  // One column has no delimiter to be found.
  return { ...options, delimiter: best?.delimiter ?? ',', bomBytes };
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
