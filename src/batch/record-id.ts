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
