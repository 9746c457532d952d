import { createHash } from 'node:crypto';
import { checksumsIn } from './announced.ts';
import type { ObjectDraft } from './bucket.ts';
import {
  type ChecksumName,
  type Checksums,
  compositeChecksum,
  DEFAULT_CHECKSUM,
  fullChecksum,
} from './checksum.ts';
import { unquote } from './conditions.ts';
import { checksumMismatch, invalidRequest, S3Error } from './errors.ts';
import type { S3Request } from './request.ts';
import type { Part, Upload } from './uploads.ts';
import { childText, parseXml, type XmlNode } from './xml.ts';

/** A part as the body of CompleteMultipartUpload names it. */
export interface NamedPart {
  readonly number: number;
  readonly etag: string;
  readonly checksums: Checksums;
}

const SMALLEST_PART = 5 * 1024 * 1024;
const PART_FIELDS = /^(?:PartNumber|ETag|Checksum.+)$/;

export function parsePartList(body: string): readonly NamedPart[] {
  const document = parseXml(body);
  if (document.name !== 'CompleteMultipartUpload' || document.children.length === 0) {
    throw new S3Error('MalformedXML');
  }
  return document.children.map(parsePart);
}

function parsePart(node: XmlNode): NamedPart {
  const etag = childText(node, 'ETag');
  const number = Number(childText(node, 'PartNumber') ?? Number.NaN);
  if (node.name !== 'Part' || etag === undefined || !Number.isInteger(number))
    throw new S3Error('MalformedXML');
  if (node.children.some(({ name }) => !PART_FIELDS.test(name))) throw new S3Error('MalformedXML');
  const checksums = node.children
    .filter(({ name }) => name.startsWith('Checksum'))
    .map(({ name, text }) => [name.slice('Checksum'.length).toLowerCase(), text]);
  return { number, etag, checksums: Object.fromEntries(checksums) };
}

/** The object that the named parts make, in the order named. Its bytes stay where they are: it is a row of the parts' files. */
export function assemble(
  upload: Upload,
  named: readonly NamedPart[],
  headers: S3Request['headers'],
): ObjectDraft {
  assertAscending(named);
  assertChecksums(upload, named);
  const parts = named.map((part) => findPart(upload, part));
  if (parts.slice(0, -1).some(({ segment }) => segment.size < SMALLEST_PART))
    throw new S3Error('EntityTooSmall');
  const size = parts.reduce((sum, { segment }) => sum + segment.size, 0);
  assertSize(headers['x-amz-mp-object-size'], size);
  return {
    etag: compositeEtag(parts),
    size,
    headers: upload.headers,
    checksums: objectChecksums(upload, parts, headers),
    segments: parts.map(({ segment }) => segment),
    upload: upload.id,
  };
}

function assertAscending(named: readonly NamedPart[]): void {
  let previous = 0;
  for (const { number } of named) {
    if (number <= previous) throw new S3Error('InvalidPartOrder');
    previous = number;
  }
}

function assertChecksums({ algorithm, type }: Upload, named: readonly NamedPart[]): void {
  if (algorithm === undefined || type === 'FULL_OBJECT') return;
  const missing = named.find(({ checksums }) => checksums[algorithm] === undefined);
  if (missing === undefined) return;
  throw invalidRequest(
    `The upload was created using a ${algorithm} checksum. The complete request must include the checksum for each part. ` +
      `It was missing for part ${missing.number} in the request.`,
  );
}

function assertSize(expected: string | undefined, size: number): void {
  if (expected === undefined || Number(expected) === size) return;
  throw invalidRequest(
    `The provided 'x-amz-mp-object-size' header value ${expected} does not match what was computed: ${size}`,
  );
}

function findPart({ parts }: Upload, { number, etag, checksums }: NamedPart): Part {
  const part = parts.get(number);
  if (!part || unquote(part.etag) !== unquote(etag)) throw new S3Error('InvalidPart');
  for (const [name, value] of Object.entries(checksums)) {
    if ((part.checksums[name] ?? value) !== value) throw new S3Error('InvalidPart');
  }
  return part;
}

function compositeEtag(parts: readonly Part[]): string {
  const md5 = createHash('md5');
  for (const { etag } of parts) md5.update(unquote(etag), 'hex');
  return `"${md5.digest('hex')}-${parts.length}"`;
}

function objectChecksums(upload: Upload, parts: readonly Part[], headers: S3Request['headers']): Checksums {
  const { algorithm = DEFAULT_CHECKSUM, type } = upload;
  assertType(upload, headers['x-amz-checksum-type']);
  const values = parts.map(({ checksums, segment }) => ({
    checksum: checksums[algorithm],
    size: segment.size,
  }));
  const known = values.filter(
    (part): part is typeof part & { checksum: string } => part.checksum !== undefined,
  );
  // Parts of an upload that is older than this checksum have none of it.
  if (known.length < values.length) return {};
  const made =
    type === 'COMPOSITE'
      ? compositeChecksum(
          algorithm,
          known.map(({ checksum }) => checksum),
        )
      : fullChecksum(algorithm, known);
  assertExpected(upload, headers, algorithm, made);
  return { [algorithm]: made };
}

function assertType({ algorithm, type }: Upload, expected: string | undefined): void {
  if (expected === undefined || algorithm === undefined || expected === type) return;
  throw invalidRequest(
    `The upload was created using the ${type} checksum mode. The complete request must use the same checksum mode.`,
  );
}

/** The number of parts behind a composite checksum may be left out. */
function assertExpected(
  { algorithm }: Upload,
  headers: S3Request['headers'],
  name: ChecksumName,
  made: string,
): void {
  const bare = Object.entries(headers).map(
    ([header, value]) => [header, value?.replace(/-\d+$/, '')] as const,
  );
  const [expected] = checksumsIn(Object.fromEntries(bare));
  if (expected === undefined) return;
  // Who chose nothing may say what he likes of another algorithm: S3 does not look at it.
  if (expected.name !== name && algorithm !== undefined) throw checksumMismatch(name, expected.name);
  if (expected.name === name && expected.value !== made.replace(/-\d+$/, '')) throw new S3Error('BadDigest');
}
