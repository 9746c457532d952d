import { ParquetTypes } from 'hyparquet/src/constants.js';
import { chunkFields } from './chunk-fields.ts';
import { editKeyValues } from './key-values.ts';
import { outputElements, outputPath } from './output-schema.ts';
import type { WrittenPages } from './page-writer.ts';
import { schemaElement } from './schema-elements.ts';
import {
  binary,
  editField,
  integer,
  readInteger,
  readList,
  readStruct,
  THRIFT,
  writeList,
  writeStruct,
} from './thrift.ts';
import { i32, i64, structs, text, unionOf } from './thrift-fields.ts';
import type { OutputColumn } from './types.ts';

/** A column chunk that was written anew, of a column that is added. */
export interface NewChunk extends WrittenPages {
  readonly column: OutputColumn;
}

// Field ids of parquet.thrift.
const FILE = { schema: 2, rowGroups: 4, keyValues: 5, columnOrders: 7 } as const;
const ELEMENT_CHILDREN = 5;
const GROUP = { columns: 1, totalByteSize: 2, totalCompressedSize: 6 } as const;
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
  const root = writeStruct([text(4, 'schema'), i32(5, 0)]);
  const rows = groupRows.reduce((sum, count) => sum + count, 0);
  return writeStruct([
    i32(1, 1),
    structs(FILE.schema, [root]),
    i64(3, BigInt(rows)),
    structs(FILE.rowGroups, groupRows.map(emptyGroup)),
    text(6, 'bedrock-batch'),
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
  const path = writeList({ type: THRIFT.binary, items: outputPath(chunk.column).map(binary) });
  const type = i32(1, ParquetTypes.indexOf(leaf?.type ?? 'BYTE_ARRAY'));
  return writeStruct(chunkFields(chunk, [type, { id: 3, type: THRIFT.list, raw: path }]));
}

function typeDefinedOrder(): Uint8Array {
  return unionOf(1);
}

function appendItems(raw: Uint8Array, added: readonly Uint8Array[]): Uint8Array {
  const { type, items } = readList(raw);
  // A list that was empty may carry any element type.
  return writeList({ type: items.length === 0 ? THRIFT.struct : type, items: [...items, ...added] });
}

function addTo(raw: Uint8Array, amount: bigint): Uint8Array {
  return integer(readInteger(raw) + amount);
}
