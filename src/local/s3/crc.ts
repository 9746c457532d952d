/** A cyclic redundancy check as S3 uses them: bits reflected, all ones at the start, inverted at the end. */
interface Crc {
  readonly bits: number;
  /** Reflected: the highest bit is the coefficient of x⁰. */
  readonly polynomial: bigint;
}

const CRCS = {
  crc32: { bits: 32, polynomial: 0xedb88320n },
  crc32c: { bits: 32, polynomial: 0x82f63b78n },
  crc64nvme: { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n },
} as const satisfies Record<string, Crc>;

export type CrcName = keyof typeof CRCS;

export function isCrc(name: string): name is CrcName {
  return Object.hasOwn(CRCS, name);
}

/**
 * What a byte does to the remainder, for each of the eight bytes that are taken at a time. 64 bits are two halves, for no
 * number holds them, and of 32 bits the higher half stays zero.
 */
interface Tables {
  readonly high: DataView;
  readonly low: DataView;
}

const STEP = 8;
/** Bytes of one table: 256 entries of four. */
const TABLE = 1024;
const tables = new Map<CrcName, Tables>();

function tablesOf(name: CrcName): Tables {
  const known = tables.get(name) ?? makeTables(CRCS[name]);
  tables.set(name, known);
  return known;
}

function makeTables({ polynomial }: Crc): Tables {
  const high = new DataView(new ArrayBuffer(STEP * TABLE));
  const low = new DataView(new ArrayBuffer(STEP * TABLE));
  for (let byte = 0; byte < 256; byte += 1) {
    let remainder = BigInt(byte);
    for (let table = 0; table < STEP; table += 1) {
      for (let bit = 0; bit < 8; bit += 1) remainder = timesX(remainder, polynomial);
      const at = table * TABLE + byte * 4;
      high.setInt32(at, Number(BigInt.asIntN(32, remainder >> 32n)), true);
      low.setInt32(at, Number(BigInt.asIntN(32, remainder)), true);
    }
  }
  return { high, low };
}

function timesX(remainder: bigint, polynomial: bigint): bigint {
  return remainder & 1n ? (remainder >> 1n) ^ polynomial : remainder >> 1n;
}

/** The checksum of bytes that come in pieces. */
export class RunningCrc {
  readonly #bits: number;
  readonly #tables: Tables;
  #high: number;
  #low = -1;

  constructor(name: CrcName) {
    this.#bits = CRCS[name].bits;
    this.#tables = tablesOf(name);
    this.#high = this.#bits === 64 ? -1 : 0;
  }

  update(bytes: Uint8Array): void {
    const whole = bytes.length - (bytes.length % STEP);
    this.#takeWhole(new DataView(bytes.buffer, bytes.byteOffset, whole));
    for (const byte of bytes.subarray(whole)) this.#take(byte);
  }

  digest(): Buffer {
    const bytes = Buffer.alloc(8);
    bytes.writeInt32BE(~this.#high);
    bytes.writeInt32BE(~this.#low, 4);
    return bytes.subarray(8 - this.#bits / 8);
  }

  // Written out: this is the inner loop over every byte of an object, and a loop over the tables takes twice as long.
  #takeWhole(view: DataView): void {
    const { high, low } = this.#tables;
    let h = this.#high;
    let l = this.#low;
    const { byteLength } = view;
    for (let at = 0; at < byteLength; at += STEP) {
      const a = l ^ view.getInt32(at, true);
      const b = h ^ view.getInt32(at + 4, true);
      const a0 = 7 * TABLE + ((a & 255) << 2);
      const a1 = 6 * TABLE + ((a >>> 6) & 1020);
      const a2 = 5 * TABLE + ((a >>> 14) & 1020);
      const a3 = 4 * TABLE + ((a >>> 22) & 1020);
      const b0 = 3 * TABLE + ((b & 255) << 2);
      const b1 = 2 * TABLE + ((b >>> 6) & 1020);
      const b2 = TABLE + ((b >>> 14) & 1020);
      const b3 = (b >>> 22) & 1020;
      h =
        high.getInt32(a0, true) ^ high.getInt32(a1, true) ^ high.getInt32(a2, true) ^ high.getInt32(a3, true);
      h ^=
        high.getInt32(b0, true) ^ high.getInt32(b1, true) ^ high.getInt32(b2, true) ^ high.getInt32(b3, true);
      l = low.getInt32(a0, true) ^ low.getInt32(a1, true) ^ low.getInt32(a2, true) ^ low.getInt32(a3, true);
      l ^= low.getInt32(b0, true) ^ low.getInt32(b1, true) ^ low.getInt32(b2, true) ^ low.getInt32(b3, true);
    }
    this.#high = h;
    this.#low = l;
  }

  #take(byte: number): void {
    const at = ((this.#low ^ byte) & 255) << 2;
    this.#low = ((this.#low >>> 8) | (this.#high << 24)) ^ this.#tables.low.getInt32(at, true);
    this.#high = (this.#high >>> 8) ^ this.#tables.high.getInt32(at, true);
  }
}

export interface CheckedPart {
  /** In base64. */
  readonly checksum: string;
  readonly size: number;
}

/**
 * The checksum of all parts' bytes from those of the parts: as what stands behind a part shifts its remainder by so many
 * bits, that is multiplied by x to this power.
 */
export function combinedCrc(name: CrcName, parts: readonly CheckedPart[]): string {
  const { bits } = CRCS[name];
  // Nearly all parts are of one size.
  const shifts = new Map<number, bigint>();
  let combined = 0n;
  for (const { checksum, size } of parts) {
    const shift = shifts.get(size) ?? powerOfX(8 * size, CRCS[name]);
    shifts.set(size, shift);
    combined =
      product(combined, shift, CRCS[name]) ^ BigInt(`0x${Buffer.from(checksum, 'base64').toString('hex')}`);
  }
  return Buffer.from(combined.toString(16).padStart(bits / 4, '0'), 'hex').toString('base64');
}

function powerOfX(exponent: number, crc: Crc): bigint {
  const one = 1n << BigInt(crc.bits - 1);
  let power = one;
  let square = one >> 1n;
  for (let left = exponent; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) power = product(power, square, crc);
    square = product(square, square, crc);
  }
  return power;
}

function product(a: bigint, b: bigint, { bits, polynomial }: Crc): bigint {
  let sum = 0n;
  let shifted = b;
  for (let bit = 1n << BigInt(bits - 1); bit > 0n; bit >>= 1n) {
    if (a & bit) sum ^= shifted;
    shifted = timesX(shifted, polynomial);
  }
  return sum;
}
