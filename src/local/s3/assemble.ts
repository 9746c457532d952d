import { createHash } from 'node:crypto';
import type { ObjectDraft } from './bucket.ts';
import { type Checksums, compositeChecksum, isComputed } from './checksum.ts';
import { unquote } from './conditions.ts';
import { invalidArgument, S3Error } from './errors.ts';
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
export function assemble(upload: Upload, named: readonly NamedPart[], expected: Checksums): ObjectDraft {
  assertAscending(named);
  const parts = named.map((part) => findPart(upload, part));
  if (parts.slice(0, -1).some(({ segment }) => segment.size < SMALLEST_PART))
    throw new S3Error('EntityTooSmall');
  return {
    etag: compositeEtag(parts),
    size: parts.reduce((sum, { segment }) => sum + segment.size, 0),
    headers: upload.headers,
    checksums: combinedChecksums(upload, parts, expected),
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

// An algorithm that is not computed here (CRC64NVME, …) is kept only if the client gives the whole object's value.
function combinedChecksums(upload: Upload, parts: readonly Part[], expected: Checksums): Checksums {
  const { algorithm } = upload;
  if (algorithm === undefined || !isComputed(algorithm)) return expected;
  const values = parts.map((part) => part.checksums[algorithm]);
  const given = values.filter((value) => value !== undefined);
  if (given.length < values.length)
    throw invalidArgument(`Every part must carry a checksum of type ${algorithm}`);
  const combined = compositeChecksum(
    algorithm,
    given.map((value) => Buffer.from(value, 'base64')),
  );
  const wanted = expected[algorithm];
  if (wanted !== undefined && wanted.replace(/-\d+$/, '') !== combined.replace(/-\d+$/, '')) {
    throw new S3Error('BadDigest');
  }
  return { [algorithm]: combined };
}
