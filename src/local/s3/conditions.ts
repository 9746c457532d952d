import { notImplemented, S3Error } from './errors.ts';

type Headers = Readonly<Record<string, string | undefined>>;

interface Entity {
  readonly etag: string;
  /** Milliseconds, whole seconds: HTTP dates know no finer ones. */
  readonly modified: number;
}

export type ReadVerdict = 'proceed' | 'not modified' | 'failed';

/** RFC 9110 §13.2.2. `prefix` is `x-amz-copy-source-` for the conditions on the source of a copy. */
export function judgeRead(entity: Entity, headers: Headers, prefix = ''): ReadVerdict {
  const match = headers[`${prefix}if-match`];
  const unmodified = dateIn(headers[`${prefix}if-unmodified-since`]);
  const noneMatch = headers[`${prefix}if-none-match`];
  const modified = dateIn(headers[`${prefix}if-modified-since`]);
  if (match !== undefined) {
    if (!matchesEtag(match, entity.etag)) return 'failed';
  } else if (unmodified !== undefined && entity.modified > unmodified) return 'failed';
  if (noneMatch !== undefined) return matchesEtag(noneMatch, entity.etag) ? 'not modified' : 'proceed';
  return modified !== undefined && entity.modified <= modified ? 'not modified' : 'proceed';
}

/** What must hold for the object that is about to be replaced (or deleted); to be asked while its key is locked. */
export function assertWritable(current: Entity | undefined, headers: Headers): void {
  const noneMatch = headers['if-none-match'];
  const match = headers['if-match'];
  if (noneMatch !== undefined && noneMatch !== '*')
    throw notImplemented('If-None-Match other than * on a write');
  if (noneMatch !== undefined && current) throw new S3Error('PreconditionFailed');
  if (match === undefined) return;
  if (!current) throw new S3Error('NoSuchKey');
  if (!matchesEtag(match, current.etag)) throw new S3Error('PreconditionFailed');
}

function matchesEtag(header: string, etag: string): boolean {
  return header.split(',').some((item) => item.trim() === '*' || unquote(item) === unquote(etag));
}

export function unquote(etag: string): string {
  return etag.trim().replace(/^(?:W\/)?"?(.*?)"?$/, '$1');
}

// A date that cannot be read is as if it had not been sent (RFC 9110 §13.1.3).
function dateIn(header: string | undefined): number | undefined {
  const time = Date.parse(header ?? '');
  return Number.isNaN(time) ? undefined : time;
}
