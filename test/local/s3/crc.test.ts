import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { type CrcName, combinedCrc, RunningCrc } from '../../../src/local/s3/crc.ts';

function checksumOf(name: CrcName, ...pieces: readonly Uint8Array[]): Buffer {
  const crc = new RunningCrc(name);
  for (const piece of pieces) crc.update(piece);
  return crc.digest();
}

const CHECK = Buffer.from('123456789');

/** The check values of the catalogue of parametrised CRC algorithms, and 32 zero bytes as RFC 3720 and NVMe have them. */
it.each([
  { name: 'crc32', bytes: CHECK, hex: 'cbf43926' },
  { name: 'crc32c', bytes: CHECK, hex: 'e3069283' },
  { name: 'crc64nvme', bytes: CHECK, hex: 'ae8b14860a799888' },
  { name: 'crc32c', bytes: Buffer.alloc(32), hex: '8a9136aa' },
  { name: 'crc64nvme', bytes: Buffer.alloc(4096), hex: '6482d367eb22b64e' },
  { name: 'crc32c', bytes: Buffer.alloc(0), hex: '00000000' },
  { name: 'crc64nvme', bytes: Buffer.alloc(0), hex: '0000000000000000' },
] as const)('$name gives $hex', ({ name, bytes, hex }) => {
  expect(checksumOf(name, bytes).toString('hex')).toBe(hex);
});

const NAMES = ['crc32', 'crc32c', 'crc64nvme'] as const;
const pieces = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 5 });

it.each(NAMES)('%s is the same however the bytes are cut, and puts together what parts had', (name) => {
  fc.assert(
    fc.property(pieces, (parts) => {
      const whole = checksumOf(name, Buffer.concat(parts));
      expect(checksumOf(name, ...parts)).toEqual(whole);
      const checked = parts.map((part) => ({
        checksum: checksumOf(name, part).toString('base64'),
        size: part.length,
      }));
      expect(combinedCrc(name, checked)).toBe(whole.toString('base64'));
    }),
  );
});

it('crc32 is the one of zlib', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 50 }), (bytes) => {
      expect(checksumOf('crc32', bytes).readUInt32BE()).toBe(crc32(bytes));
    }),
  );
});
