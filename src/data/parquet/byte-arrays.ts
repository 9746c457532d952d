import { Arena } from './arena.ts';
import type { Places } from './cell-buffers.ts';
import { DeltaReader } from './delta.ts';
import { type PhysicalValues, STEP_BYTES, type ValueReader } from './value-reader.ts';

/** PLAIN: each value is its length in 4 bytes, then its bytes. Lengths are overwritten with zeros when they have been read. */
export class PlainArrays implements ValueReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private readonly most: number;
  private at = 0;

  constructor(bytes: Uint8Array, most = STEP_BYTES) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.most = most;
  }

  read(wanted: number, places: Places): PhysicalValues {
    const { view, bytes, most } = this;
    const { starts, ends } = places;
    const first = this.at;
    let at = first;
    let count = 0;
    while (count < wanted && at - first < most) {
      const length = view.getUint32(at, true);
      view.setUint32(at, 0);
      at += 4;
      starts[count] = at;
      at += length;
      ends[count] = at;
      count += 1;
    }
    assertWithin(at, bytes);
    this.at = at;
    return { ...places, bytes, count };
  }
}

/** DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. */
export class DeltaLengthArrays implements ValueReader {
  private readonly bytes: Uint8Array;
  private readonly lengths: Lengths;
  private at: number;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.lengths = new Lengths(bytes, 0);
    this.at = this.lengths.end;
  }

  read(wanted: number, places: Places): PhysicalValues {
    const { starts, ends } = places;
    const first = this.at;
    let count = 0;
    while (count < wanted && this.at - first < STEP_BYTES) {
      starts[count] = this.at;
      this.at += this.lengths.next();
      ends[count] = this.at;
      count += 1;
    }
    assertWithin(this.at, this.bytes);
    return { ...places, bytes: this.bytes, count };
  }
}

/** DELTA_BYTE_ARRAY: how much of the value before is kept, the lengths of what follows it, and that. */
export class DeltaArrays implements ValueReader {
  private readonly bytes: Uint8Array;
  private readonly prefixes: Lengths;
  private readonly suffixes: Lengths;
  private readonly arena = new Arena();
  private at: number;
  /** The value before begins here in the arena. */
  private previous = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.prefixes = new Lengths(bytes, 0);
    this.suffixes = new Lengths(bytes, this.prefixes.end);
    this.at = this.suffixes.end;
  }

  read(wanted: number, places: Places): PhysicalValues {
    const { starts, ends } = places;
    const { arena } = this;
    this.keepLast();
    const kept = arena.length;
    let count = 0;
    while (count < wanted && arena.length - kept < STEP_BYTES) {
      starts[count] = this.addValue();
      ends[count] = arena.length;
      count += 1;
    }
    return { ...places, bytes: arena.bytes, count };
  }

  /** The value before is all that the next one needs. */
  private keepLast(): void {
    const { arena } = this;
    arena.bytes.copyWithin(0, this.previous, arena.length);
    arena.length -= this.previous;
    this.previous = 0;
  }

  private addValue(): number {
    const { arena, bytes } = this;
    const prefix = this.prefixes.next();
    const suffix = this.suffixes.next();
    const at = arena.length;
    if (prefix > at - this.previous) throw new RangeError('a value keeps more than the one before it has');
    assertWithin(this.at + suffix, bytes);
    arena.reserve(prefix + suffix);
    arena.bytes.copyWithin(at, this.previous, this.previous + prefix);
    arena.length += prefix;
    arena.addRange(bytes, this.at, this.at + suffix);
    this.at += suffix;
    this.previous = at;
    return at;
  }
}

const LENGTHS_AT_ONCE = 256;

/** Delta encoded lengths, one at a time; they are decoded no further ahead than a few. */
class Lengths {
  /** Where they end. */
  readonly end: number;
  private readonly reader: DeltaReader;
  private readonly held = new Int32Array(LENGTHS_AT_ONCE);
  private left: number;
  private heldCount = 0;
  private at = 0;

  constructor(bytes: Uint8Array, at: number) {
    this.end = new DeltaReader(bytes, at).passAll();
    this.reader = new DeltaReader(bytes, at);
    this.left = this.reader.total;
  }

  next(): number {
    if (this.at === this.heldCount) this.readOn();
    const length = this.held[this.at] ?? 0;
    this.at += 1;
    if (length < 0) throw new RangeError('a length is negative');
    return length;
  }

  private readOn(): void {
    if (this.left === 0) throw new RangeError('there are fewer lengths than values');
    this.heldCount = Math.min(LENGTHS_AT_ONCE, this.left);
    this.reader.readLow(this.held, this.heldCount);
    this.left -= this.heldCount;
    this.at = 0;
  }
}

function assertWithin(end: number, bytes: Uint8Array): void {
  if (end > bytes.length) throw new RangeError(`values of ${end} bytes in a page of ${bytes.length}`);
}
