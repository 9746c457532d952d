import { pipeline, Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import type { ColumnMetaData, CompressionCodec, PageHeader } from 'hyparquet';
import { LARGE_PAGE_BYTES } from './codecs.ts';
import { unpackedSnappy } from './snappy-stream.ts';

/** The compressed bytes of a page, as they are read. */
export type Pieces = AsyncIterable<Uint8Array>;

const CHUNK_BYTES = 256 * 1024;

/** What Node 22.15 and later have, and the types of Node 20 do not. */
interface NodeZstd {
  readonly createZstdDecompress?: (options: { readonly chunkSize: number }) => Transform;
}

const STREAMED: readonly CompressionCodec[] = ['UNCOMPRESSED', 'SNAPPY', 'GZIP', 'BROTLI'];

/**
 * Whether a page is so large that it is unpacked as it is read: its values, whole bytes, must lie one after the other.
 * Pages of format 2 are not: of writers that make large ones none uses it unless asked to.
 */
export function isStreamed({ codec, type }: ColumnMetaData, header: PageHeader): boolean {
  if (header.uncompressed_page_size <= LARGE_PAGE_BYTES) return false;
  if (header.data_page_header?.encoding !== 'PLAIN' || type === 'BOOLEAN') return false;
  return STREAMED.includes(codec) || (codec === 'ZSTD' && zstd() !== undefined);
}

/** The bytes of a page, decompressed, in blocks that are each valid until the next one. */
export async function* unpackedBlocks(
  codec: CompressionCodec,
  pieces: Pieces,
  size: number,
): AsyncGenerator<Uint8Array> {
  if (codec === 'UNCOMPRESSED') yield* pieces;
  else if (codec === 'SNAPPY') yield* unpackedSnappy(pieces, size);
  else yield* throughNode(pieces, transformOf(codec));
}

function transformOf(codec: CompressionCodec): Transform {
  const options = { chunkSize: CHUNK_BYTES };
  // Unlike gunzip it takes the zlib format as well, which some writers call GZIP.
  if (codec === 'GZIP') return zlib.createUnzip(options);
  const transform = codec === 'ZSTD' ? zstd()?.(options) : zlib.createBrotliDecompress(options);
  if (!transform) throw new TypeError(`streams of ${codec}`);
  return transform;
}

async function* throughNode(pieces: Pieces, transform: Transform): AsyncGenerator<Uint8Array> {
  // Whatever fails destroys the transform with its error, which iterating it then throws.
  const unpacked = pipeline(Readable.from(pieces), transform, () => undefined);
  yield* unpacked;
}

function zstd(): NodeZstd['createZstdDecompress'] {
  return (zlib as NodeZstd).createZstdDecompress;
}
