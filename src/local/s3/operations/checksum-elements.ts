import { type Checksums, checksumType } from '../checksum.ts';
import type { XmlElement } from '../xml.ts';

/** `<ChecksumCRC32>…</ChecksumCRC32><ChecksumType>…</ChecksumType>`, as copies and completed uploads answer. */
export function checksumElements(checksums: Checksums): XmlElement[] {
  return Object.entries(checksums).flatMap(([name, value]): XmlElement[] => [
    [`Checksum${name.toUpperCase()}`, value],
    ['ChecksumType', checksumType(value)],
  ]);
}
