import type { Compression } from './codecs.ts';
import type { WrittenPages } from './page-writer.ts';
import { integer, THRIFT, type ThriftField, writeList } from './thrift.ts';
import { i32, i64, struct } from './thrift-fields.ts';

const PLAIN = 0n;
const RLE = 3n;
const CODECS = { uncompressed: 0, snappy: 1, zstd: 6 } as const satisfies Record<Compression, number>;

/** The fields of ColumnMetaData that tell of pages written here; the type and the path come from the column. */
function pageFields(pages: WrittenPages): readonly ThriftField[] {
  const encodings = writeList({ type: THRIFT.i32, items: [integer(PLAIN), integer(RLE)] });
  return [
    { id: 2, type: THRIFT.list, raw: encodings },
    i32(4, CODECS[pages.compression]),
    i64(5, pages.values),
    i64(6, pages.uncompressedBytes),
    i64(7, pages.compressedBytes),
    i64(9, pages.offset),
    struct(12, [i64(3, pages.nulls)]),
  ];
}

/** A ColumnChunk in the file itself, of its pages and the fields of its ColumnMetaData that they do not tell. */
export function chunkFields(pages: WrittenPages, others: readonly ThriftField[]): readonly ThriftField[] {
  const metadata = [...pageFields(pages), ...others].sort((a, b) => a.id - b.id);
  return [i64(2, pages.offset), struct(3, metadata)];
}
