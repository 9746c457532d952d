import { chunkFields } from './chunk-fields.ts';
import type { WrittenPages } from './page-writer.ts';
import type { TableCut } from './table-cut.ts';
import {
  fieldOf,
  integer,
  readInteger,
  readList,
  readStruct,
  THRIFT,
  type ThriftField,
  writeList,
  writeStruct,
} from './thrift.ts';
import { i64 } from './thrift-fields.ts';

// Field ids of parquet.thrift.
const FILE = { rows: 3, rowGroups: 4 } as const;
const GROUP = { columns: 1, totalByteSize: 2, rows: 3, fileOffset: 5, totalCompressedSize: 6 } as const;
const CHUNK = { metadata: 3, offsetIndex: [4, 5], columnIndex: [6, 7] } as const;
/** What holds of a column's values however many they are: type, path, key-values of the writer. */
const LASTING_METADATA: readonly number[] = [1, 3, 8];
const BLOOM_FILTER = [14, 15] as const;

/** An offset field and its length field. */
type RangeIds = readonly [offset: number, length: number];

/**
 * The footer of the first rows of a table. Row groups behind them are gone; `chunks` are those of the row group in which
 * the cut lies, without its statistics and indexes. Whole row groups keep all, but for indexes that were not copied.
 */
export function cutFooter(footer: Uint8Array, cut: TableCut, chunks: readonly WrittenPages[]): Uint8Array {
  const fields = readStruct(footer).map((field) => {
    if (field.id === FILE.rows) return { ...field, raw: integer(BigInt(cut.rows)) };
    if (field.id === FILE.rowGroups) return { ...field, raw: cutGroups(field.raw, cut, chunks) };
    return field;
  });
  return writeStruct(fields);
}

function cutGroups(raw: Uint8Array, cut: TableCut, chunks: readonly WrittenPages[]): Uint8Array {
  const { type, items } = readList(raw);
  const whole = items.slice(0, cut.wholeGroups).map((group) => wholeGroup(group, cut.copiedEnd));
  const broken = cut.broken && items[cut.broken.index];
  const anew = broken ? [brokenGroup(broken, cut.broken.rows, chunks)] : [];
  return writeList({ type, items: [...whole, ...anew] });
}

function wholeGroup(raw: Uint8Array, copiedEnd: number): Uint8Array {
  return editColumns(readStruct(raw), (chunk) => {
    const fields = withoutRanges(chunk, [CHUNK.offsetIndex, CHUNK.columnIndex], copiedEnd);
    return editMetadata(fields, (metadata) => withoutRanges(metadata, [BLOOM_FILTER], copiedEnd));
  });
}

/** Readers that find one index look for the other, so that both go where one must. */
function withoutRanges(
  fields: readonly ThriftField[],
  ranges: readonly RangeIds[],
  end: number,
): readonly ThriftField[] {
  if (ranges.every((range) => liesBefore(fields, range, end))) return fields;
  const gone = new Set<number>(ranges.flat());
  return fields.filter(({ id }) => !gone.has(id));
}

function liesBefore(fields: readonly ThriftField[], [offsetId, lengthId]: RangeIds, end: number): boolean {
  const offset = fieldOf(fields, offsetId);
  const length = fieldOf(fields, lengthId);
  if (!offset) return true;
  // A filter of older writers tells no length: it may reach beyond what was copied.
  return length !== undefined && readInteger(offset.raw) + readInteger(length.raw) <= BigInt(end);
}

function brokenGroup(raw: Uint8Array, rows: number, chunks: readonly WrittenPages[]): Uint8Array {
  const uncompressed = chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0n);
  const compressed = chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0n);
  const values = new Map<number, bigint>([
    [GROUP.totalByteSize, uncompressed],
    [GROUP.rows, BigInt(rows)],
    [GROUP.fileOffset, chunks[0]?.offset ?? 0n],
    [GROUP.totalCompressedSize, compressed],
  ]);
  const fields = readStruct(raw).map((field) => {
    const value = values.get(field.id);
    return value === undefined ? field : i64(field.id, value);
  });
  return editColumns(fields, (chunk, i) => brokenChunk(chunk, chunks[i]));
}

function brokenChunk(chunk: readonly ThriftField[], pages: WrittenPages | undefined): readonly ThriftField[] {
  const metadata = fieldOf(chunk, CHUNK.metadata);
  if (!metadata || !pages) throw new TypeError('a column without pages');
  const lasting = readStruct(metadata.raw).filter(({ id }) => LASTING_METADATA.includes(id));
  return chunkFields(pages, lasting);
}

function editColumns(
  group: readonly ThriftField[],
  edit: (chunk: readonly ThriftField[], i: number) => readonly ThriftField[],
): Uint8Array {
  const columns = (raw: Uint8Array) => {
    const chunks = readList(raw).items.map((chunk, i) => writeStruct(edit(readStruct(chunk), i)));
    return writeList({ type: THRIFT.struct, items: chunks });
  };
  return writeStruct(
    group.map((field) => (field.id === GROUP.columns ? { ...field, raw: columns(field.raw) } : field)),
  );
}

function editMetadata(
  chunk: readonly ThriftField[],
  edit: (metadata: readonly ThriftField[]) => readonly ThriftField[],
): readonly ThriftField[] {
  return chunk.map((field) =>
    field.id === CHUNK.metadata ? { ...field, raw: writeStruct(edit(readStruct(field.raw))) } : field,
  );
}
