import type { CompressionCodec, Compressors } from 'hyparquet';
import { decompressPage } from 'hyparquet/src/datapage.js';
import type { Page } from './chunk-pages.ts';
import { LARGE_PAGE_BYTES, release } from './codecs.ts';
import { unpackSnappy } from './snappy.ts';

export interface PageCodec {
  readonly codec: CompressionCodec;
  readonly compressors: Compressors;
}

/** The decompressed bytes of the pages of one leaf: those of one page at a time, in the same memory where that is large. */
export class PageMemory {
  private readonly codec: PageCodec;
  private memory: Uint8Array = new Uint8Array();
  private unpacked: Uint8Array = new Uint8Array();
  private kept: Uint8Array = new Uint8Array();

  constructor(codec: PageCodec) {
    this.codec = codec;
  }

  /**
   * Bytes that may be written to, valid until the next call. The first of a page may be stored as they are, or all.
   */
  unpack(page: Page, stored = 0, isStored = false): Uint8Array {
    if (this.unpacked.buffer !== this.memory.buffer) release(this.unpacked);
    const size = page.header.uncompressed_page_size - stored;
    const body = page.body.subarray(stored);
    this.unpacked = isStored ? this.copied(body, size) : this.decompressed(body, size);
    return this.unpacked;
  }

  /** Bytes of a page that stay valid up to the end. */
  unpackToKeep({ body, header }: Page): Uint8Array {
    const { codec, compressors } = this.codec;
    const bytes = decompressPage(body, header.uncompressed_page_size, codec, compressors);
    this.kept = codec === 'UNCOMPRESSED' ? bytes.slice() : bytes;
    return this.kept;
  }

  close(): void {
    for (const bytes of [this.unpacked, this.memory, this.kept]) release(bytes);
    this.memory = new Uint8Array();
  }

  private decompressed(body: Uint8Array, size: number): Uint8Array {
    const { codec, compressors } = this.codec;
    if (codec === 'UNCOMPRESSED') return this.copied(body, size);
    if (codec !== 'SNAPPY' || size <= LARGE_PAGE_BYTES || body.length === 0)
      return decompressPage(body, size, codec, compressors);
    return unpackSnappy(body, size, (length) => this.room(length));
  }

  private copied(body: Uint8Array, size: number): Uint8Array {
    if (body.length !== size) throw new RangeError(`a page of ${body.length} bytes that should have ${size}`);
    const bytes = this.room(size).subarray(0, size);
    bytes.set(body);
    return bytes;
  }

  /** Memory for so many bytes: the same again, or new when it is too small. */
  private room(length: number): Uint8Array {
    if (this.memory.length < length) {
      release(this.memory);
      // Pages of a chunk are alike, but not quite of one size.
      this.memory = new Uint8Array(Math.ceil(length * 1.05));
    }
    return this.memory;
  }
}
