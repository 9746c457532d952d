import * as zlib from 'node:zlib';
import type { CompressionCodec, Compressors } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { snappyCompressor } from 'hysnappy';
import { refusal } from '../../errors.ts';
import { unpackSnappy } from './snappy.ts';

/** How pages are compressed: every writer here has these three. */
export type Compression = 'snappy' | 'zstd' | 'uncompressed';

interface ZstdOptions {
  readonly chunkSize: number;
  readonly maxOutputLength?: number;
  readonly params?: Readonly<Record<number, number>>;
}

type ZstdCall = (input: Uint8Array, options: ZstdOptions) => Buffer;

/** What Node 22.15 and later have, and the types of Node 20 do not. */
interface NodeZstd {
  readonly zstdCompressSync?: ZstdCall;
  readonly zstdDecompressSync?: ZstdCall;
}

const ZSTD = zlib as NodeZstd & typeof zlib;
/** ZSTD_c_compressionLevel of zstd.h; level 1 packs text better than Snappy does, in less time. */
const ZSTD_LEVEL = { 100: 1 };
/** A chunk of exactly the output's size would make zlib ask for a second one. */
const SPARE_BYTES = 64;

/** The memory of WebAssembly never shrinks, so a page larger than this is decompressed outside of it, if more slowly. */
export const LARGE_PAGE_BYTES = 8 * 1024 * 1024;

/** Node's own codecs where it has them; all of them bounded by the size that the page header promises. */
export function decompressors(): Compressors {
  const zstd = ZSTD.zstdDecompressSync;
  const all: Compressors = {
    ...compressors,
    SNAPPY: snappy,
    // Unlike gunzip it takes the zlib format as well, which some writers call GZIP.
    GZIP: (input, length) => zlib.unzipSync(input, sized(length)),
    BROTLI: (input, length) => zlib.brotliDecompressSync(input, sized(length)),
    ...(zstd && { ZSTD: (input: Uint8Array, length: number) => zstd(input, sized(length)) }),
  };
  return Object.fromEntries(Object.entries(all).map(([codec, call]) => [codec, orEmpty(call)]));
}

function snappy(input: Uint8Array, length: number): Uint8Array {
  if (length <= LARGE_PAGE_BYTES && compressors.SNAPPY) return compressors.SNAPPY(input, length);
  return unpackSnappy(input, length);
}

/** A page of nulls only has no bytes to decompress, and some writers then store none: Snappy would miss its header. */
function orEmpty(decompress: NonNullable<Compressors[CompressionCodec]>): typeof decompress {
  return (input, length) => (input.length === 0 ? new Uint8Array() : decompress(input, length));
}

function sized(length: number) {
  return { chunkSize: length + SPARE_BYTES, maxOutputLength: Math.max(length, 1) };
}

/** zstd where this Node has it, else snappy. */
export function defaultCompression(): Compression {
  return ZSTD.zstdCompressSync ? 'zstd' : 'snappy';
}

/** @throws BatchError InvalidInput for zstd on a Node without it. */
export function compressor(compression: Compression): (input: Uint8Array) => Uint8Array {
  switch (compression) {
    case 'uncompressed':
      return (input) => input;
    case 'snappy':
      return snappyCompressor();
    case 'zstd':
      return zstdCompressor();
    default:
      return compression satisfies never;
  }
}

function zstdCompressor(): (input: Uint8Array) => Uint8Array {
  const compress = ZSTD.zstdCompressSync;
  if (!compress) {
    throw refusal('write Parquet', 'zstd compression', 'run on Node 22.15 or later', process.version);
  }
  return (input) => compress(input, { params: ZSTD_LEVEL, chunkSize: input.length + SPARE_BYTES });
}

/** Present from Node 22 on. */
interface Transferable {
  readonly transfer?: (length: number) => unknown;
}

/**
 * Gives the memory of a large page back at once, where the running Node can: until the garbage collector comes, several
 * would be held. Nothing may read the page any more, and no other bytes share its buffer.
 */
export function release({ length, buffer }: Uint8Array): void {
  if (length > LARGE_PAGE_BYTES) (buffer as Transferable).transfer?.(0);
}
