import { BatchError } from '../errors.ts';

const DIGITS = 10;

/** The row's number in the run as 11 alphanumerics, the strictest form that Bedrock's pages have ever asked for. */
export function recordIdOf(row: number): string {
  const digits = String(row).padStart(DIGITS, '0');
  if (digits.length > DIGITS) {
    throw new BatchError('InvalidInput', `Cannot number row ${row}: a run must have fewer than 10^10 rows.`);
  }
  return `R${digits}`;
}

/** The row behind a record id of ours; undefined for anything else that a job's output may hold. */
export function rowOf(recordId: unknown): number | undefined {
  return typeof recordId === 'string' && /^R\d{10}$/.test(recordId) ? Number(recordId.slice(1)) : undefined;
}

/** Whether bytes [start, end) are the id of a row. */
export function isRecordIdOf(row: number, bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== DIGITS + 1 || bytes[start] !== LETTER_R) return false;
  let left = row;
  for (let at = end - 1; at > start; at--) {
    const rest = Math.floor(left / 10);
    if (bytes[at] !== DIGIT_0 + (left - 10 * rest)) return false;
    left = rest;
  }
  return left === 0;
}

const [QUOTE, LETTER_R, DIGIT_0, DIGIT_9] = [0x22, 0x52, 0x30, 0x39];

/** The row behind an id of ours as it stands in JSON, bytes [start, end); undefined for anything else. */
export function rowOfJson(json: Uint8Array, start: number, end: number): number | undefined {
  if (start < 0 || end - start !== DIGITS + 3) return undefined;
  if (json[start] !== QUOTE || json[start + 1] !== LETTER_R) return undefined;
  let row = 0;
  for (let at = start + 2; at < end - 1; at++) {
    const byte = json[at] as number;
    if (byte < DIGIT_0 || byte > DIGIT_9) return undefined;
    row = row * 10 + byte - DIGIT_0;
  }
  return row;
}
