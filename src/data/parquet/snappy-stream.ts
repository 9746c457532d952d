import { copyBack, copyLiteral, malformed, numberAt } from './snappy.ts';

/** How far copies reach back: every packer works on blocks of 64 KB of its input. */
const HISTORY_BYTES = 64 * 1024;
const BLOCK_BYTES = 512 * 1024;
/** The longest copy, and what a copy by words may write behind its end. */
const ROOM_BYTES = 64 + 16;
/** The longest element without the bytes of a literal. */
const LONGEST_HEAD = 5;
const LONGEST_IN_TAG = 60;

/**
 * Unpacks Snappy's raw format as its bytes come, in blocks that are each valid until the next one.
 * @throws Error for bytes that are not `length` bytes packed, and for copies from before the block that they are in.
 */
export async function* unpackedSnappy(
  pieces: AsyncIterable<Uint8Array>,
  length: number,
): AsyncGenerator<Uint8Array> {
  const unpacker = new SnappyUnpacker();
  for await (const piece of pieces) {
    unpacker.feed(piece);
    yield* unpacker.blocks();
  }
  unpacker.end();
  yield* unpacker.blocks();
  if (!unpacker.isWhole || unpacker.total !== length) throw malformed();
}

class SnappyUnpacker {
  total = 0;
  private readonly bytes = new Uint8Array(HISTORY_BYTES + BLOCK_BYTES + ROOM_BYTES);
  private readonly view = new DataView(this.bytes.buffer);
  private input: Uint8Array = new Uint8Array();
  private packed: DataView = this.view;
  private at = 0;
  private to = 0;
  /** Bytes of a literal that did not come yet. */
  private literalLeft = 0;
  private hasLength = false;
  private isLast = false;

  get isWhole(): boolean {
    return this.hasLength && this.literalLeft === 0 && this.at === this.input.length;
  }

  feed(piece: Uint8Array): void {
    const rest = this.input.subarray(this.at);
    this.input = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    this.packed = new DataView(this.input.buffer, this.input.byteOffset, this.input.length);
    this.at = 0;
  }

  end(): void {
    this.isLast = true;
  }

  /** What can be unpacked of the bytes that were fed. */
  *blocks(): Generator<Uint8Array> {
    if (!this.hasLength) this.passLength();
    while (this.hasLength) {
      const from = this.keepHistory();
      this.fill();
      this.total += this.to - from;
      if (this.to === from) return;
      yield this.bytes.subarray(from, this.to);
    }
  }

  private keepHistory(): number {
    const kept = Math.min(this.to, HISTORY_BYTES);
    this.bytes.copyWithin(0, this.to - kept, this.to);
    this.to = kept;
    return kept;
  }

  private fill(): void {
    const limit = HISTORY_BYTES + BLOCK_BYTES;
    const { input } = this;
    while (this.to < limit) {
      if (this.literalLeft > 0) {
        if (!this.addLiteral(limit)) return;
        continue;
      }
      const left = input.length - this.at;
      if (left === 0 || (left < LONGEST_HEAD && !this.isLast)) return;
      this.addElement();
    }
  }

  private addElement(): void {
    const { input, packed, view } = this;
    const tag = input[this.at++] as number;
    const kind = tag & 3;
    if (kind === 0) {
      this.startLiteral((tag >> 2) + 1);
      return;
    }
    const count = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
    const width = kind === 3 ? 4 : kind;
    const low = numberAt(packed, this.at, width);
    const distance = kind === 1 ? ((tag & 0xe0) << 3) | low : low;
    this.at += width;
    if (distance === 0 || distance > this.to) throw this.outOfReach(distance);
    copyBack(view, this.to, distance, count);
    this.to += count;
  }

  private outOfReach(distance: number): Error {
    if (distance === 0 || this.to < HISTORY_BYTES) return malformed();
    return new RangeError(`Snappy that copies from ${distance} bytes before, in a page too large for that`);
  }

  /** Most literals are short, and there as a whole. */
  private startLiteral(inTag: number): void {
    const { input, packed, view } = this;
    let count = inTag;
    if (count > LONGEST_IN_TAG) {
      const width = count - LONGEST_IN_TAG;
      count = numberAt(packed, this.at, width) + 1;
      this.at += width;
    } else if (this.at + count + 3 <= input.length) {
      copyLiteral(view, this.to, packed, this.at, count);
      this.at += count;
      this.to += count;
      return;
    }
    this.literalLeft = count;
  }

  /** False when more bytes must come first. */
  private addLiteral(limit: number): boolean {
    const count = Math.min(this.literalLeft, this.input.length - this.at, limit - this.to);
    this.bytes.set(this.input.subarray(this.at, this.at + count), this.to);
    this.at += count;
    this.to += count;
    this.literalLeft -= count;
    return count > 0;
  }

  /** The length comes first, seven bits in each byte; the page header tells it as well. */
  private passLength(): void {
    const end = this.input.findIndex((byte) => byte < 0x80);
    if (end < 0 ? this.input.length >= LONGEST_HEAD || this.isLast : end >= LONGEST_HEAD) throw malformed();
    if (end < 0) return;
    this.at = end + 1;
    this.hasLength = true;
  }
}
