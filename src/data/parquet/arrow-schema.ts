import {
  Bool,
  type DataType,
  DateDay,
  Field,
  Float32,
  Float64,
  Int64,
  List,
  Message,
  MessageReader,
  Schema,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import type { OutputColumn, OutputType } from './types.ts';

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
    ...columns.map(({ name, type }) => new Field(name, ARROW_TYPES[type](), true)),
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

const ARROW_TYPES = {
  string: () => new Utf8(),
  int64: () => new Int64(),
  double: () => new Float64(),
  boolean: () => new Bool(),
  date: () => new DateDay(),
  timestamp: () => new TimestampMicrosecond(),
  timestamp_utc: () => new TimestampMicrosecond('UTC'),
  'list<float>': () => listOf(new Float32()),
  'list<double>': () => listOf(new Float64()),
} as const satisfies Record<OutputType, () => DataType>;

function listOf(type: DataType): DataType {
  return new List(new Field('element', type, true));
}
