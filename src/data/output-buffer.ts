import type { Embedding } from '../models/types.ts';
import type { Slice } from './answer-batch.ts';
import { mostVectorBytes, writeVector } from './vector-text.ts';

const [LF, CR, SPACE, QUOTE, COMMA] = [0x0a, 0x0d, 0x20, 0x22, 0x2c];
const BOM = [0xef, 0xbb, 0xbf] as const;
const SIZE = 1024 * 1024;

/** The bytes of a CSV output in the making, taken out a MB at a time. */
export class OutputBuffer {
  readonly #delimiter: number;
  #bytes = Buffer.allocUnsafeSlow(SIZE);
  #length = 0;
  /** The cell that was looked at last lies in these bytes: cells of a batch lie together. */
  #source: Uint8Array = new Uint8Array();
  #sourceView: DataView = new DataView(this.#source.buffer);

  constructor(delimiter: string) {
    this.#delimiter = delimiter.charCodeAt(0);
  }

  get isFull(): boolean {
    return this.#length >= SIZE - SIZE / 16;
  }

  /** The bytes so far, which are the caller's from here on. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafeSlow(SIZE);
    this.#length = 0;
    return taken;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#length);
    this.#length += bytes.length;
  }

  text(text: string): void {
    this.#reserve(3 * text.length);
    this.#length += this.#bytes.write(text, this.#length);
  }

  delimiter(): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = this.#delimiter;
  }

  /** UTF-8 text as a field, quoted where it must be. */
  field({ bytes, start, end }: Slice): void {
    if (start === end) return;
    this.#reserve(2 * (end - start) + 2);
    if (this.#needsQuotes(bytes, start, end)) this.#quote(bytes, start, end);
    else this.raw(bytes.subarray(start, end));
  }

  /** A vector as a JSON array of numbers, each of which reads back the same. */
  vector(vector: Embedding): void {
    const room = mostVectorBytes(vector) + 2;
    if (this.#delimiter !== COMMA) {
      const bytes = Buffer.allocUnsafe(room);
      this.field({ bytes, start: 0, end: writeVector(vector, bytes, 0) });
      return;
    }
    // Nothing but the commas between numbers needs quotes then.
    this.#reserve(room);
    const bytes = this.#bytes;
    if (vector.length > 1) bytes[this.#length++] = QUOTE;
    this.#length = writeVector(vector, bytes, this.#length);
    if (vector.length > 1) bytes[this.#length++] = QUOTE;
  }

  #needsQuotes(bytes: Uint8Array, start: number, end: number): boolean {
    if (bytes[start] === SPACE || bytes[end - 1] === SPACE) return true;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] as number;
      if (byte === this.#delimiter || byte === QUOTE || byte === LF || byte === CR) return true;
      if (byte === BOM[0] && bytes[i + 1] === BOM[1] && bytes[i + 2] === BOM[2]) return true;
    }
    return false;
  }

  #quote(bytes: Uint8Array, start: number, end: number): void {
    const [source, into] = [this.#viewOf(bytes), this.#bytes];
    const target = new DataView(into.buffer, into.byteOffset);
    const lastWord = end - 4;
    let length = this.#length;
    into[length++] = QUOTE;
    for (let i = start; i < end; i++) {
      for (; i <= lastWord; i += 4, length += 4) {
        const word = source.getInt32(i, true);
        const others = word ^ 0x22222222;
        if (((others - 0x01010101) & ~others & 0x80808080) !== 0) break;
        target.setInt32(length, word, true);
      }
      for (; i < end && bytes[i] !== QUOTE; i++) into[length++] = bytes[i] as number;
      if (i === end) break;
      into[length++] = QUOTE;
      into[length++] = QUOTE;
    }
    into[length++] = QUOTE;
    this.#length = length;
  }

  #viewOf(bytes: Uint8Array): DataView {
    if (bytes !== this.#source) {
      this.#source = bytes;
      this.#sourceView = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    return this.#sourceView;
  }

  #reserve(more: number): void {
    const wanted = this.#length + more;
    if (wanted <= this.#bytes.length) return;
    const bytes = Buffer.allocUnsafeSlow(Math.max(wanted, 2 * this.#bytes.length));
    this.#bytes.copy(bytes, 0, 0, this.#length);
    this.#bytes = bytes;
  }
}

const SPECIAL = /["\r\n\uFEFF]|^ | $/;

/** One field as papaparse would write it. */
export function csvField(text: string | null, delimiter: string): string {
  if (text === null) return '';
  const plain = !SPECIAL.test(text) && !text.includes(delimiter);
  return plain ? text : `"${text.replaceAll('"', '""')}"`;
}
