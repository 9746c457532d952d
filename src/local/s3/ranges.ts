import { invalidArgument, notImplemented, S3Error } from './errors.ts';

export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/** The bytes that a Range header asks for; undefined means the whole object, as for a header that makes no sense. */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  if (header?.includes(',')) throw notImplemented('several ranges in one request');
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || (first === '' && last === '')) return undefined;
  if (first === '') return suffixRange(Number(last), size);
  const start = Number(first);
  const end = last ? Math.min(Number(last), size - 1) : size - 1;
  if (last && Number(last) < start) return undefined;
  if (start >= size) throw unsatisfiable(size);
  return { start, length: end - start + 1 };
}

function suffixRange(wanted: number, size: number): ByteRange {
  const length = Math.min(wanted, size);
  if (length === 0) throw unsatisfiable(size);
  return { start: size - length, length };
}

function unsatisfiable(size: number): S3Error {
  return new S3Error('InvalidRange', { headers: { 'content-range': `bytes */${size}` } });
}

/** A copy's range is stricter: both ends given, and inside the source. */
export function parseCopyRange(header: string | undefined, size: number): ByteRange {
  if (header === undefined) return { start: 0, length: size };
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? [];
  if (first === undefined || Number(last) < Number(first)) {
    throw invalidArgument('The x-amz-copy-source-range value must be of the form bytes=first-last');
  }
  if (Number(last) >= size) {
    throw invalidArgument(`Range specified is not valid for source object of size: ${size}`);
  }
  return { start: Number(first), length: Number(last) - Number(first) + 1 };
}
