import type { Places } from './cell-buffers.ts';
import { DeltaReader } from './delta.ts';
import { RleReader, type RleSource } from './rle.ts';
import type { PhysicalValues, ValueReader } from './value-reader.ts';

/** PLAIN values of one width. */
export class FixedValues implements ValueReader {
  private readonly bytes: Uint8Array;
  private readonly width: number;
  private at = 0;

  constructor(bytes: Uint8Array, width: number) {
    this.bytes = bytes;
    this.width = width;
  }

  read(count: number, places: Places): PhysicalValues {
    const { bytes, width, at } = this;
    assertBytes(at + count * width, bytes);
    this.at += count * width;
    return inRows(bytes, at, width, count, places);
  }
}

/** Booleans, each as a byte of 0 or 1. */
export class BooleanValues implements ValueReader {
  private readonly bits: RleReader;
  private integers = new Int32Array();
  private bytes = new Uint8Array();

  constructor(bits: RleReader) {
    this.bits = bits;
  }

  read(count: number, places: Places): PhysicalValues {
    if (this.integers.length < count) {
      this.integers = new Int32Array(count);
      this.bytes = new Uint8Array(count);
    }
    this.bits.read(this.integers, count);
    this.bytes.set(this.integers.subarray(0, count));
    return inRows(this.bytes, 0, 1, count, places);
  }
}

/** BYTE_STREAM_SPLIT: the first bytes of all values, then all second ones. */
export class SplitValues implements ValueReader {
  private readonly bytes: Uint8Array;
  private readonly width: number;
  private joined = new Uint8Array();
  private at = 0;

  constructor(bytes: Uint8Array, width: number) {
    if (bytes.length % width !== 0) throw new RangeError(`values of ${width} bytes in ${bytes.length}`);
    this.bytes = bytes;
    this.width = width;
  }

  read(count: number, places: Places): PhysicalValues {
    const { bytes, width, at } = this;
    const total = bytes.length / width;
    assertBytes((at + count) * width, bytes);
    if (this.joined.length < count * width) this.joined = new Uint8Array(count * width);
    const { joined } = this;
    for (let stream = 0; stream < width; stream += 1) {
      const from = stream * total + at;
      for (let i = 0; i < count; i += 1) joined[i * width + stream] = bytes[from + i] ?? 0;
    }
    this.at += count;
    return inRows(joined, 0, width, count, places);
  }
}

/** DELTA_BINARY_PACKED integers of 4 or 8 bytes. */
export class DeltaValues implements ValueReader {
  private readonly deltas: DeltaReader;
  private readonly width: 4 | 8;
  private integers = new Int32Array();

  constructor(bytes: Uint8Array, width: 4 | 8) {
    this.deltas = new DeltaReader(bytes);
    this.width = width;
  }

  read(count: number, places: Places): PhysicalValues {
    const { width, deltas } = this;
    if (this.integers.length < (count * width) / 4) this.integers = new Int32Array((count * width) / 4);
    // DuckDB packs unsigned integers as what they mean, which needs more than the 32 bits that they have.
    if (width === 4) deltas.readLow(this.integers, count);
    else deltas.readWide(this.integers, count);
    // Both Parquet and the processors that Node runs on are little-endian.
    return inRows(new Uint8Array(this.integers.buffer), 0, width, count, places);
  }
}

/** Indexes of the entries of a dictionary. */
export class DictionaryValues implements ValueReader {
  private readonly dictionary: PhysicalValues;
  private readonly indexes: RleReader;
  private entries = new Int32Array();

  constructor(dictionary: PhysicalValues, source: RleSource) {
    const { bytes, at } = source;
    this.dictionary = dictionary;
    this.indexes = new RleReader({ ...source, at: at + 1 }, bytes[at] ?? 0);
  }

  read(count: number, places: Places): PhysicalValues {
    const { dictionary } = this;
    if (this.entries.length < count) this.entries = new Int32Array(count);
    const { entries } = this;
    this.indexes.read(entries, count);
    for (let i = 0; i < count; i += 1) {
      const entry = entries[i] ?? 0;
      if (entry < 0 || entry >= dictionary.count)
        throw new RangeError(`entry ${entry} of a dictionary of ${dictionary.count}`);
      places.starts[i] = dictionary.starts[entry] ?? 0;
      places.ends[i] = dictionary.ends[entry] ?? 0;
    }
    return { ...places, bytes: dictionary.bytes, count, lasts: true };
  }
}

function inRows(
  bytes: Uint8Array,
  from: number,
  width: number,
  count: number,
  places: Places,
): PhysicalValues {
  for (let i = 0; i < count; i += 1) {
    places.starts[i] = from + i * width;
    places.ends[i] = from + (i + 1) * width;
  }
  return { ...places, bytes, count };
}

function assertBytes(end: number, bytes: Uint8Array): void {
  if (end > bytes.length) throw new RangeError(`values of ${end} bytes in ${bytes.length}`);
}
