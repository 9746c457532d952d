import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type CheckedPart, combinedCrc, isCrc, RunningCrc } from './crc.ts';

/** Checksums by lower-case algorithm name (`crc32`), in base64, as they travel in `x-amz-checksum-<name>`. */
export type Checksums = Readonly<Record<string, string>>;

/** Of all bytes of an object, or of its parts' checksums. */
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE';

interface Digest {
  update(chunk: Buffer): void;
  digest(): Buffer;
}

/** As `RunningCrc`, at the speed of the processor. */
function zlibCrc32(): Digest {
  let value = 0;
  return {
    update: (chunk) => {
      value = crc32(chunk, value);
    },
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes;
    },
  };
}

const hashDigest = (name: string) => (): Digest => {
  const hash = createHash(name);
  return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest() };
};

/** With the bytes that each has. */
const ALGORITHMS = {
  crc32: [4, zlibCrc32],
  crc32c: [4, () => new RunningCrc('crc32c')],
  crc64nvme: [8, () => new RunningCrc('crc64nvme')],
  md5: [16, hashDigest('md5')],
  sha1: [20, hashDigest('sha1')],
  sha256: [32, hashDigest('sha256')],
  sha512: [64, hashDigest('sha512')],
} as const satisfies Record<string, readonly [bytes: number, start: () => Digest]>;

export type ChecksumName = keyof typeof ALGORITHMS;

/** What S3 computes by itself where a client gives nothing. */
export const DEFAULT_CHECKSUM = 'crc64nvme';

export function isKnownChecksum(name: string): name is ChecksumName {
  return Object.hasOwn(ALGORITHMS, name);
}

/** Whether a text is as long as the algorithm's base64 is, and nothing else. */
export function isChecksumOf(name: ChecksumName, text: string): boolean {
  const bytes = Buffer.from(text, 'base64');
  return bytes.length === ALGORITHMS[name][0] && bytes.toString('base64') === text;
}

/** The checksum of all bytes can be had from those of parts for remainders only. */
export function mayBe(type: ChecksumType, name: ChecksumName): boolean {
  return type === 'FULL_OBJECT' ? isCrc(name) : name !== DEFAULT_CHECKSUM;
}

/** Several digests over the same bytes. */
export class Digests {
  readonly #digests: ReadonlyMap<ChecksumName, Digest>;
  readonly #results = new Map<ChecksumName, Buffer>();

  constructor(names: Iterable<ChecksumName>) {
    this.#digests = new Map([...names].map((name) => [name, ALGORITHMS[name][1]()]));
  }

  update(chunk: Buffer): void {
    for (const digest of this.#digests.values()) digest.update(chunk);
  }

  result(name: ChecksumName): Buffer {
    const result = this.#results.get(name) ?? this.#digests.get(name)?.digest();
    if (!result) throw new Error(`Cannot give a checksum: ${name} was not asked for.`);
    this.#results.set(name, result);
    return result;
  }

  checksums(names: Iterable<ChecksumName>): Checksums {
    return Object.fromEntries([...names].map((name) => [name, this.result(name).toString('base64')]));
  }
}

/** The digest of the parts' digests, with their number behind a dash. */
export function compositeChecksum(name: ChecksumName, parts: readonly string[]): string {
  const digests = new Digests([name]);
  for (const part of parts) digests.update(Buffer.from(part, 'base64'));
  return `${digests.result(name).toString('base64')}-${parts.length}`;
}

export function fullChecksum(name: ChecksumName, parts: readonly CheckedPart[]): string {
  if (!isCrc(name)) throw new Error(`Cannot give the checksum of a whole object by its parts' ${name}.`);
  return combinedCrc(name, parts);
}

export function checksumType(checksum: string): ChecksumType {
  return /-\d+$/.test(checksum) ? 'COMPOSITE' : 'FULL_OBJECT';
}
