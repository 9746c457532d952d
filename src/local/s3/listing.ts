import { invalidArgument } from './errors.ts';
import type { SortedKeys } from './sorted-keys.ts';

/** Where a page ended: behind a key, or behind everything that a common prefix stands for. */
export interface Cursor {
  readonly kind: 'key' | 'prefix';
  readonly value: string;
}

export interface PageQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  readonly after?: Cursor;
}

export interface Page {
  readonly keys: readonly string[];
  readonly commonPrefixes: readonly string[];
  readonly next?: Cursor;
}

/** One page of ListObjectsV2. A common prefix counts as one entry, and the keys under it are skipped, not visited. */
export function listPage(sorted: SortedKeys, query: PageQuery): Page {
  const keys: string[] = [];
  const commonPrefixes: string[] = [];
  let last: Cursor | undefined;
  let index = firstIndex(sorted, query);
  for (let key = sorted.at(index); key?.startsWith(query.prefix); key = sorted.at(index)) {
    if (keys.length + commonPrefixes.length >= query.maxKeys) return { keys, commonPrefixes, next: last };
    last = entryOf(key, query);
    (last.kind === 'key' ? keys : commonPrefixes).push(last.value);
    index = last.kind === 'key' ? index + 1 : sorted.firstAfterPrefix(last.value);
  }
  return { keys, commonPrefixes };
}

function firstIndex(sorted: SortedKeys, { prefix, after }: PageQuery): number {
  const start = sorted.firstAtOrAfter(prefix);
  if (!after) return start;
  const resumed =
    after.kind === 'key' ? sorted.firstAfter(after.value) : sorted.firstAfterPrefix(after.value);
  return Math.max(start, resumed);
}

function entryOf(key: string, { prefix, delimiter }: PageQuery): Cursor {
  const end = delimiter ? key.indexOf(delimiter, prefix.length) : -1;
  return end < 0
    ? { kind: 'key', value: key }
    : { kind: 'prefix', value: key.slice(0, end + delimiter.length) };
}

export function encodeCursor({ kind, value }: Cursor): string {
  return Buffer.from(`${kind}:${value}`).toString('base64url');
}

export function decodeCursor(token: string): Cursor {
  const [, kind, value] = /^(key|prefix):(.*)$/s.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (value === undefined) throw invalidArgument('The continuation token provided is incorrect');
  return { kind: kind === 'key' ? 'key' : 'prefix', value };
}
