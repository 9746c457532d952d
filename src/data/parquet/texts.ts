import { isUtf8 } from 'node:buffer';
import type { Places } from './cell-buffers.ts';
import type { PhysicalValues, ValueReader } from './value-reader.ts';

// A byte order mark at the start of a cell is part of the cell.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Values that are texts: what is no UTF-8 becomes U+FFFD. Nothing but zeros may lie between the values of the reader. */
export class TextReader implements ValueReader {
  private readonly values: ValueReader;

  constructor(values: ValueReader) {
    this.values = values;
  }

  read(count: number, places: Places): PhysicalValues {
    return withSoundTexts(this.values.read(count, places));
  }
}

/** Values that follow one another without a gap may each be broken though all together are UTF-8. */
export function withSoundTexts(values: PhysicalValues): PhysicalValues {
  const { bytes, starts, ends, count } = values;
  if (count === 0) return values;
  const end = ends[count - 1] ?? 0;
  const isSound = isUtf8(bytes.subarray(starts[0], end)) && !startsInCharacter(values, end);
  return isSound ? values : { ...values, bytes: repaired(values) };
}

function startsInCharacter({ bytes, starts, count }: PhysicalValues, end: number): boolean {
  for (let i = 0; i < count; i += 1) {
    const start = starts[i] ?? 0;
    if (start < end && ((bytes[start] ?? 0) & 0xc0) === 0x80) return true;
  }
  return false;
}

function repaired({ bytes, starts, ends, count }: PhysicalValues): Uint8Array {
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
