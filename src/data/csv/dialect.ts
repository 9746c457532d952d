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
      `Cannot read ${name}: a CSV file must be UTF-8 text, and this one holds zero bytes.`,
    );
  }
  const bomBytes = head.subarray(0, BOM.length).equals(BOM) ? BOM.length : 0;
  const text = head.toString('utf8', bomBytes);
  const { meta, errors } = Papa.parse(text, { preview: 20, delimitersToGuess: DELIMITERS });
  const undetected = errors.some((error) => error.code === 'UndetectableDelimiter');
  // One column has no delimiter to be found.
  return { delimiter: undetected ? ',' : meta.delimiter, bomBytes };
}
