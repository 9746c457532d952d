import type { IncomingMessage } from 'node:http';
import { S3Error } from './errors.ts';

/** A path-style request: `/bucket/key?query`. The bucket is empty for the service, the key for a bucket. */
export interface S3Request {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: IncomingMessage;
}

const LONGEST_KEY = 1024;

export function parseRequest(message: IncomingMessage): S3Request {
  const { path, query } = splitTarget(message.url ?? '');
  const { bucket, key } = splitPath(path);
  if (Buffer.byteLength(key) > LONGEST_KEY) throw new S3Error('KeyTooLongError');
  return { method: message.method ?? '', bucket, key, query, headers: headersOf(message), body: message };
}

export function headersOf({ headers }: IncomingMessage): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value?.toString()]));
}

function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const mark = target.indexOf('?');
  if (mark < 0) return { path: target, query: new URLSearchParams() };
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) };
}

// Not `new URL()`: it would resolve `..` and so turn one key into another.
export function splitPath(path: string): { bucket: string; key: string } {
  if (!path.startsWith('/')) throw new S3Error('InvalidURI');
  const slash = path.indexOf('/', 1);
  if (slash < 0) return { bucket: decode(path.slice(1)), key: '' };
  return { bucket: decode(path.slice(1, slash)), key: decode(path.slice(slash + 1)) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new S3Error('InvalidURI', { cause });
  }
}
