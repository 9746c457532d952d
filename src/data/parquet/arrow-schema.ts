import {
  type DataType,
  Field,
  Float32,
  Int64,
  List,
  Message,
  MessageReader,
  Schema,
  Utf8,
} from 'apache-arrow';
import type { OutputColumn } from './types.ts';

/** An encapsulated IPC message: this marker, the length of what follows, and metadata padded to 8 bytes. */
const CONTINUATION = 0xffffffff;

/**
 * The base64 Arrow schema of a Parquet file with fields for the new columns. Readers that restore Arrow types refuse a
 * file whose schema here has other columns than the file, so one that cannot be extended goes: null.
 */
export function addArrowFields(value: string, columns: readonly OutputColumn[]): string | null {
  const schema = decodeSchema(value);
  if (!schema) return null;
  const fields = [
    ...schema.fields,
    ...columns.map(({ name, type }) => new Field(name, arrowType(type), true)),
  ];
  return encodeSchema(new Schema(fields, schema.metadata, schema.dictionaries, schema.metadataVersion));
}

function decodeSchema(value: string): Schema | undefined {
  try {
    return new MessageReader(Buffer.from(value, 'base64')).readSchema();
  } catch {
    // The types of newer Arrow releases are unknown to the library; the Parquet schema itself says all that is needed.
    return undefined;
  }
}

function encodeSchema(schema: Schema): string {
  const message = Message.encode(Message.from(schema));
  const padded = Math.ceil(message.length / 8) * 8;
  const bytes = Buffer.alloc(8 + padded);
  bytes.writeUInt32LE(CONTINUATION, 0);
  bytes.writeInt32LE(padded, 4);
  bytes.set(message, 8);
  return bytes.toString('base64');
}

function arrowType(type: OutputColumn['type']): DataType {
  switch (type) {
    case 'string':
      return new Utf8();
    case 'int64':
      return new Int64();
    case 'list<float>':
      return new List(new Field('element', new Float32(), true));
    default:
      return type satisfies never;
  }
}
