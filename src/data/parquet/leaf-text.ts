import type { LogicalType, SchemaElement, TimeUnit } from 'hyparquet';
import { parseFloat16 } from 'hyparquet/src/convert.js';
import { dateText, timestampText, timeText } from './calendar.ts';
import { bigEndianInteger, decimalText, doubleText, floatText } from './number-text.ts';

/** How one primitive value, never null, is written: alone, and inside JSON. */
export interface LeafText {
  readonly text: (raw: unknown) => string;
  readonly json: (raw: unknown) => string;
}

// A byte order mark at the start of a cell is part of the cell.
const UTF8 = new TextDecoder('utf-8', { ignoreBOM: true });

const utf8 = quoted((raw) => UTF8.decode(bytesOf(raw)));
const json: LeafText = { text: utf8.text, json: (raw) => jsonOrString(utf8.text(raw)) };
const base64 = quoted((raw) => bufferOf(raw).toString('base64'));
const boolean = bare((raw) => String(raw));
const float = finite((raw) => floatText(Number(raw)));
const double = finite((raw) => doubleText(Number(raw)));

/** Picks the writer of a leaf by its logical type, else by the older converted type, else by its physical type. */
export function leafText(element: SchemaElement): LeafText {
  return byLogicalType(element.logical_type) ?? byConvertedType(element) ?? byPhysicalType(element);
}

/** Whether a leaf's text is the very bytes of its values. */
export function isString(element: SchemaElement): boolean {
  const leaf = leafText(element);
  return element.type === 'BYTE_ARRAY' && (leaf === utf8 || leaf === json);
}

export function isJson(element: SchemaElement): boolean {
  return leafText(element) === json;
}

/** JSON as it stands; what claims to be JSON and is none is a string. */
export function jsonOrString(text: string): string {
  try {
    JSON.parse(text);
  } catch {
    return JSON.stringify(text);
  }
  // Line ends can only stand between tokens here, where a space means the same: lines of JSON hold none.
  return text.replace(/[\r\n]/g, ' ');
}

function byLogicalType(logical: LogicalType | undefined): LeafText | undefined {
  switch (logical?.type) {
    case 'STRING':
    case 'ENUM':
      return utf8;
    case 'JSON':
      return json;
    case 'DECIMAL':
      return decimal(logical.scale);
    case 'DATE':
      return date;
    case 'TIME':
      return time(logical.unit);
    case 'TIMESTAMP':
      return timestamp(logical.unit, logical.isAdjustedToUTC);
    case 'INTEGER':
      return logical.isSigned ? undefined : unsigned(logical.bitWidth);
    case 'UUID':
      return uuid;
    case 'FLOAT16':
      return finite((raw) => doubleText(parseFloat16(bytesOf(raw)) ?? Number.NaN));
    default:
      return undefined;
  }
}

/** The older annotations mean instants: the format's rule is to read their timestamps as adjusted to UTC. */
function byConvertedType(element: SchemaElement): LeafText | undefined {
  switch (element.converted_type) {
    case 'UTF8':
    case 'ENUM':
      return utf8;
    case 'JSON':
      return json;
    case 'DECIMAL':
      return decimal(element.scale ?? 0);
    case 'DATE':
      return date;
    case 'TIME_MILLIS':
      return time('MILLIS');
    case 'TIME_MICROS':
      return time('MICROS');
    case 'TIMESTAMP_MILLIS':
      return timestamp('MILLIS', true);
    case 'TIMESTAMP_MICROS':
      return timestamp('MICROS', true);
    case 'UINT_8':
    case 'UINT_16':
    case 'UINT_32':
      return unsigned(32);
    case 'UINT_64':
      return unsigned(64);
    case 'INTERVAL':
      return interval;
    default:
      return undefined;
  }
}

function byPhysicalType(element: SchemaElement): LeafText {
  switch (element.type) {
    case 'BOOLEAN':
      return boolean;
    case 'INT32':
    case 'INT64':
      return integer((raw) => integerOf(raw));
    case 'INT96':
      // Files that hold INT96 do not say whether their timestamps are instants.
      return timestamp('NANOS', false);
    case 'FLOAT':
      return float;
    case 'DOUBLE':
      return double;
    default:
      return base64;
  }
}

const date = quoted((raw) => dateText(Number(raw)));
const uuid = quoted((raw) =>
  bufferOf(raw)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
);
/** Twelve bytes: months, days and milliseconds. */
const interval = quoted((raw) => {
  const bytes = bufferOf(raw);
  const seconds = decimalText(BigInt(bytes.readUInt32LE(8)), 3);
  return `P${bytes.readUInt32LE(0)}M${bytes.readUInt32LE(4)}DT${seconds}S`;
});

function decimal(scale: number): LeafText {
  return quoted((raw) =>
    decimalText(raw instanceof Uint8Array ? bigEndianInteger(raw) : integerOf(raw), scale),
  );
}

function time(unit: TimeUnit): LeafText {
  return quoted((raw) => timeText(integerOf(raw), unit));
}

function timestamp(unit: TimeUnit, utc: boolean): LeafText {
  return quoted((raw) => timestampText(integerOf(raw), unit) + (utc ? 'Z' : ''));
}

function unsigned(bits: number): LeafText {
  return integer((raw) => BigInt.asUintN(bits > 32 ? 64 : 32, integerOf(raw)));
}

function integer(value: (raw: unknown) => bigint): LeafText {
  const text = (raw: unknown) => value(raw).toString();
  return { text, json: (raw) => jsonNumber(text(raw), Number.isSafeInteger(Number(value(raw)))) };
}

function finite(text: (raw: unknown) => string): LeafText {
  return { text, json: (raw) => jsonNumber(text(raw), Number.isFinite(Number(text(raw)))) };
}

function bare(text: (raw: unknown) => string): LeafText {
  return { text, json: text };
}

function quoted(text: (raw: unknown) => string): LeafText {
  return { text, json: (raw) => JSON.stringify(text(raw)) };
}

function jsonNumber(text: string, holds: boolean): string {
  return holds ? text : JSON.stringify(text);
}

function integerOf(raw: unknown): bigint {
  if (typeof raw === 'bigint') return raw;
  if (typeof raw === 'number') return BigInt(raw);
  throw new TypeError(`an integer was expected, not ${typeof raw}`);
}

function bytesOf(raw: unknown): Uint8Array {
  if (raw instanceof Uint8Array) return raw;
  throw new TypeError(`bytes were expected, not ${typeof raw}`);
}

function bufferOf(raw: unknown): Buffer {
  const bytes = bytesOf(raw);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
