import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Checksums by lower-case algorithm name (`crc32`), in base64, as they travel in `x-amz-checksum-<name>`. */
export type Checksums = Readonly<Record<string, string>>;

interface Digest {
  update(chunk: Buffer): void;
  digest(): Buffer;
}

function crc32Digest(): Digest {
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

function hashDigest(name: string): Digest {
  const hash = createHash(name);
  return { update: (chunk) => void hash.update(chunk), digest: () => hash.digest() };
}

const COMPUTED = {
  crc32: crc32Digest,
  md5: () => hashDigest('md5'),
  sha1: () => hashDigest('sha1'),
  sha256: () => hashDigest('sha256'),
  sha512: () => hashDigest('sha512'),
} as const satisfies Record<string, () => Digest>;

export type ComputedChecksum = keyof typeof COMPUTED;

// Node has no fast implementation of these: they are kept and given back as the client sent them, unverified.
const KEPT: readonly string[] = ['crc32c', 'crc64nvme', 'xxhash3', 'xxhash64', 'xxhash128'];

export function isComputed(name: string): name is ComputedChecksum {
  return Object.hasOwn(COMPUTED, name);
}

export function isKnownChecksum(name: string): boolean {
  return isComputed(name) || KEPT.includes(name);
}

/** Several digests over the same bytes. */
export class Digests {
  readonly #digests: ReadonlyMap<ComputedChecksum, Digest>;
  readonly #results = new Map<ComputedChecksum, Buffer>();

  constructor(names: Iterable<ComputedChecksum>) {
    this.#digests = new Map([...names].map((name) => [name, COMPUTED[name]()]));
  }

  update(chunk: Buffer): void {
    for (const digest of this.#digests.values()) digest.update(chunk);
  }

  result(name: ComputedChecksum): Buffer {
    const result = this.#results.get(name) ?? this.#digests.get(name)?.digest();
    if (!result) throw new Error(`Cannot give a checksum: ${name} was not asked for.`);
    this.#results.set(name, result);
    return result;
  }
}

/** The checksum of a multipart object: the digest of its parts' digests, with their number behind a dash. */
export function compositeChecksum(name: ComputedChecksum, parts: readonly Buffer[]): string {
  const digests = new Digests([name]);
  for (const part of parts) digests.update(part);
  return `${digests.result(name).toString('base64')}-${parts.length}`;
}

export function isComposite(checksum: string): boolean {
  return /-\d+$/.test(checksum);
}
