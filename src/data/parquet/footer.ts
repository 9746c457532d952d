import type { SchemaElement } from 'hyparquet';
import { ConvertedTypes, FieldRepetitionTypes, ParquetTypes } from 'hyparquet/src/constants.js';
import type { Compression } from './codecs.ts';
import { editKeyValues } from './key-values.ts';
import { outputElements, outputPath } from './output-schema.ts';
import {
  binary,
  editField,
  integer,
  readInteger,
  readList,
  readStruct,
  THRIFT,
  type ThriftField,
  writeList,
  writeStruct,
} from './thrift.ts';
import type { OutputColumn } from './types.ts';

/** Where a new column chunk lies in the output file. */
export interface NewChunk {
  readonly column: OutputColumn;
  readonly compression: Compression;
  readonly offset: bigint;
  readonly compressedBytes: bigint;
  readonly uncompressedBytes: bigint;
  /** Values in Parquet's sense: entries with levels, so an empty or absent list counts as one. */
  readonly values: bigint;
  /** Those of them that hold nothing. */
  readonly nulls: bigint;
}

// Field ids of parquet.thrift.
const FILE = { schema: 2, rowGroups: 4, keyValues: 5, columnOrders: 7 } as const;
const ELEMENT_CHILDREN = 5;
const GROUP = { columns: 1, totalByteSize: 2, totalCompressedSize: 6 } as const;
const PLAIN = 0n;
const RLE = 3n;
const CODECS = { uncompressed: 0, snappy: 1, zstd: 6 } as const satisfies Record<Compression, number>;
/** The bytes with which a file starts and ends. */
export const MAGIC = 'PAR1';

/**
 * The footer with the new columns last in the schema and in every row group; `groups` holds the chunks of each row group
 * in column order. Offsets that it already had stay true, for the bytes before it do not move.
 */
export function appendToFooter(
  footer: Uint8Array,
  columns: readonly OutputColumn[],
  groups: readonly (readonly NewChunk[])[],
): Uint8Array {
  let fields = readStruct(footer);
  fields = editField(fields, FILE.schema, (raw) => appendToSchema(raw, columns));
  fields = editField(fields, FILE.rowGroups, (raw) => appendToRowGroups(raw, groups));
  fields = editField(fields, FILE.keyValues, (raw) => editKeyValues(raw, columns));
  fields = editField(fields, FILE.columnOrders, (raw) => appendItems(raw, columns.map(typeDefinedOrder)));
  return writeStruct(fields);
}

/** The footer of a file of row groups without a column, to which columns can be appended. */
export function emptyFooter(groupRows: readonly number[]): Uint8Array {
  const root = writeStruct([{ id: 4, type: THRIFT.binary, raw: binary('schema') }, i32(5, 0)]);
  const rows = groupRows.reduce((sum, count) => sum + count, 0);
  return writeStruct([
    i32(1, 1),
    structs(FILE.schema, [root]),
    i64(3, BigInt(rows)),
    structs(FILE.rowGroups, groupRows.map(emptyGroup)),
    { id: 6, type: THRIFT.binary, raw: binary('bedrock-batch') },
    structs(FILE.columnOrders, []),
  ]);
}

function emptyGroup(rows: number): Uint8Array {
  return writeStruct([
    structs(GROUP.columns, []),
    i64(GROUP.totalByteSize, 0n),
    i64(3, BigInt(rows)),
    i64(GROUP.totalCompressedSize, 0n),
  ]);
}

/** A footer with what ends the file after it. */
export function withTrailer(footer: Uint8Array): Uint8Array {
  const trailer = Buffer.alloc(8, MAGIC, 'latin1');
  trailer.writeUInt32LE(footer.length, 0);
  return Buffer.concat([footer, trailer]);
}

function appendToSchema(raw: Uint8Array, columns: readonly OutputColumn[]): Uint8Array {
  const { type, items } = readList(raw);
  const [root = new Uint8Array(), ...elements] = items;
  const widened = writeStruct(
    editField(readStruct(root), ELEMENT_CHILDREN, (count) => addTo(count, BigInt(columns.length))),
  );
  const added = columns.flatMap(outputElements).map(schemaElement);
  return writeList({ type, items: [widened, ...elements, ...added] });
}

function appendToRowGroups(raw: Uint8Array, groups: readonly (readonly NewChunk[])[]): Uint8Array {
  const { type, items } = readList(raw);
  return writeList({ type, items: items.map((group, i) => appendToRowGroup(group, groups[i] ?? [])) });
}

function appendToRowGroup(raw: Uint8Array, chunks: readonly NewChunk[]): Uint8Array {
  const uncompressed = chunks.reduce((sum, chunk) => sum + chunk.uncompressedBytes, 0n);
  const compressed = chunks.reduce((sum, chunk) => sum + chunk.compressedBytes, 0n);
  let fields = readStruct(raw);
  fields = editField(fields, GROUP.columns, (list) => appendItems(list, chunks.map(columnChunk)));
  fields = editField(fields, GROUP.totalByteSize, (size) => addTo(size, uncompressed));
  fields = editField(fields, GROUP.totalCompressedSize, (size) => addTo(size, compressed));
  return writeStruct(fields);
}

function columnChunk(chunk: NewChunk): Uint8Array {
  const leaf = outputElements(chunk.column).at(-1);
  const path = outputPath(chunk.column).map(binary);
  const encodings = [integer(PLAIN), integer(RLE)];
  const metadata = writeStruct([
    i32(1, ParquetTypes.indexOf(leaf?.type ?? 'BYTE_ARRAY')),
    { id: 2, type: THRIFT.list, raw: writeList({ type: THRIFT.i32, items: encodings }) },
    { id: 3, type: THRIFT.list, raw: writeList({ type: THRIFT.binary, items: path }) },
    i32(4, CODECS[chunk.compression]),
    i64(5, chunk.values),
    i64(6, chunk.uncompressedBytes),
    i64(7, chunk.compressedBytes),
    i64(9, chunk.offset),
    { id: 12, type: THRIFT.struct, raw: writeStruct([i64(3, chunk.nulls)]) },
  ]);
  return writeStruct([i64(2, chunk.offset), { id: 3, type: THRIFT.struct, raw: metadata }]);
}

function schemaElement(element: SchemaElement): Uint8Array {
  const {
    type,
    repetition_type: repetition,
    name,
    num_children: children,
    converted_type: converted,
  } = element;
  const logical = element.logical_type && LOGICAL_UNION_IDS[element.logical_type.type];
  return writeStruct([
    ...(type ? [i32(1, ParquetTypes.indexOf(type))] : []),
    ...(repetition ? [i32(3, FieldRepetitionTypes.indexOf(repetition))] : []),
    { id: 4, type: THRIFT.binary, raw: binary(name) },
    ...(children === undefined ? [] : [i32(5, children)]),
    ...(converted ? [i32(6, ConvertedTypes.indexOf(converted))] : []),
    ...(logical ? [{ id: 10, type: THRIFT.struct, raw: unionOf(logical) }] : []),
  ]);
}

/** Members of the union LogicalType, of those that output columns have. */
const LOGICAL_UNION_IDS: Readonly<Partial<Record<string, number>>> = { STRING: 1, LIST: 3 };

function typeDefinedOrder(): Uint8Array {
  return unionOf(1);
}

/** A union whose member is an empty struct. */
function unionOf(member: number): Uint8Array {
  return writeStruct([{ id: member, type: THRIFT.struct, raw: writeStruct([]) }]);
}

function appendItems(raw: Uint8Array, added: readonly Uint8Array[]): Uint8Array {
  const { type, items } = readList(raw);
  // A list that was empty may carry any element type.
  return writeList({ type: items.length === 0 ? THRIFT.struct : type, items: [...items, ...added] });
}

function structs(id: number, items: readonly Uint8Array[]): ThriftField {
  return { id, type: THRIFT.list, raw: writeList({ type: THRIFT.struct, items }) };
}

function addTo(raw: Uint8Array, amount: bigint): Uint8Array {
  return integer(readInteger(raw) + amount);
}

function i32(id: number, value: number): ThriftField {
  return { id, type: THRIFT.i32, raw: integer(BigInt(value)) };
}

function i64(id: number, value: bigint): ThriftField {
  return { id, type: THRIFT.i64, raw: integer(value) };
}
