import { isUtf8 } from 'node:buffer';
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js';
import type { Places } from './cell-buffers.ts';

// A byte order mark at the start of a cell is part of the cell.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * Places of `count` PLAIN values: each is its length in 4 bytes, then its bytes. The lengths are overwritten with zeros,
 * so that the whole can be checked as UTF-8 at once; returns the bytes, which are others when some were no UTF-8.
 */
export function plainStrings(bytes: Uint8Array, count: number, places: Places): Uint8Array {
  const { starts, ends } = places;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    const length = view.getUint32(at, true);
    view.setUint32(at, 0);
    at += 4;
    starts[i] = at;
    at += length;
    ends[i] = at;
  }
  assertWithin(at, bytes);
  return isUtf8(bytes.subarray(0, at)) ? bytes : repaired(bytes, count, places);
}

/** DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. */
export function deltaLengthStrings(bytes: Uint8Array, count: number, places: Places): Uint8Array {
  const { lengths, end } = deltaLengths(bytes, 0, count);
  let at = end;
  for (let i = 0; i < count; i += 1) {
    places.starts[i] = at;
    at += lengths[i] ?? 0;
    places.ends[i] = at;
  }
  assertWithin(at, bytes);
  return checked(bytes, end, at, count, places);
}

/** DELTA_BYTE_ARRAY: how much of the value before is kept, the lengths of what follows it, and that. */
export function deltaStrings(bytes: Uint8Array, count: number, places: Places): Uint8Array {
  const prefixes = deltaLengths(bytes, 0, count);
  const suffixes = deltaLengths(bytes, prefixes.end, count);
  const arena = new Uint8Array(sum(prefixes.lengths) + sum(suffixes.lengths));
  let from = suffixes.end;
  let at = 0;
  let previous = 0;
  for (let i = 0; i < count; i += 1) {
    const prefix = prefixes.lengths[i] ?? 0;
    const suffix = suffixes.lengths[i] ?? 0;
    if (prefix > at - previous) throw new RangeError('a value keeps more than the one before it has');
    assertWithin(from + suffix, bytes);
    arena.copyWithin(at, previous, previous + prefix);
    arena.set(bytes.subarray(from, from + suffix), at + prefix);
    from += suffix;
    previous = at;
    at += prefix + suffix;
    places.starts[i] = previous;
    places.ends[i] = at;
  }
  return checked(arena, 0, at, count, places);
}

function deltaLengths(bytes: Uint8Array, at: number, count: number) {
  const lengths = new Int32Array(count);
  if (count === 0) return { lengths, end: at };
  const reader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: at };
  deltaBinaryUnpack(reader, count, lengths);
  if (lengths.some((length) => length < 0)) throw new RangeError('a length is negative');
  return { lengths, end: reader.offset };
}

/** Values that follow one another without a gap may each be broken though all together are UTF-8. */
function checked(bytes: Uint8Array, from: number, end: number, count: number, places: Places): Uint8Array {
  const whole = isUtf8(bytes.subarray(from, end)) && !startsInCharacter(bytes, end, count, places.starts);
  return whole ? bytes : repaired(bytes, count, places);
}

function startsInCharacter(bytes: Uint8Array, end: number, count: number, starts: Int32Array): boolean {
  for (let i = 0; i < count; i += 1) {
    const start = starts[i] ?? 0;
    if (start < end && ((bytes[start] ?? 0) & 0xc0) === 0x80) return true;
  }
  return false;
}

/** The values as text has them: what is no UTF-8 becomes U+FFFD. */
function repaired(bytes: Uint8Array, count: number, { starts, ends }: Places): Uint8Array {
  const values: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; i < count; i += 1) {
    const value = bytes.subarray(starts[i], ends[i]);
    const sound = isUtf8(value) ? value : Buffer.from(UTF8.decode(value));
    values.push(sound);
    starts[i] = at;
    at += sound.length;
    ends[i] = at;
  }
  return Buffer.concat(values, at);
}

function assertWithin(end: number, bytes: Uint8Array): void {
  if (end > bytes.length) throw new RangeError(`values of ${end} bytes in a page of ${bytes.length}`);
}

function sum(values: Int32Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
