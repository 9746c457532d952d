import type { ParquetType } from 'hyparquet';
import type { PhysicalValues } from './value-reader.ts';

type Read = (view: DataView, start: number, end: number) => unknown;

const READ = {
  BOOLEAN: (view, start) => view.getUint8(start) === 1,
  INT32: (view, start) => view.getInt32(start, true),
  INT64: (view, start) => view.getBigInt64(start, true),
  INT96: nanoseconds,
  FLOAT: (view, start) => view.getFloat32(start, true),
  DOUBLE: (view, start) => view.getFloat64(start, true),
  BYTE_ARRAY: bytesOf,
  FIXED_LEN_BYTE_ARRAY: bytesOf,
} as const satisfies Record<ParquetType, Read>;

const JULIAN_DAY_OF_1970 = 2_440_588n;
const NANOSECONDS_OF_DAY = 86_400_000_000_000n;

/**
 * Physical values from one on, as their columns' writers take them. They stay valid when others are read, if they are
 * `kept` or no bytes.
 */
export function leafValues(
  type: ParquetType,
  values: PhysicalValues,
  first: number,
  kept: boolean,
): unknown[] {
  const read: Read = READ[type];
  const { bytes, starts, ends, count } = kept && read === bytesOf ? withOwnBytes(values, first) : values;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoded: unknown[] = [];
  for (let i = first; i < count; i += 1) decoded.push(read(view, starts[i] ?? 0, ends[i] ?? 0));
  return decoded;
}

/** Values lie one after the other, but for those of a dictionary. */
function withOwnBytes(values: PhysicalValues, first: number): PhysicalValues {
  const { bytes, starts, ends, count, lasts } = values;
  if (lasts || first >= count) return values;
  const from = starts[first] ?? 0;
  const own = bytes.slice(from, ends[count - 1]);
  return { ...values, bytes: own, starts: starts.map((at) => at - from), ends: ends.map((at) => at - from) };
}

function bytesOf({ buffer, byteOffset }: DataView, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + start, end - start);
}

/** INT96: nanoseconds of the day in 8 bytes, then the Julian day. */
function nanoseconds(view: DataView, start: number): bigint {
  const day = BigInt(view.getInt32(start + 8, true)) - JULIAN_DAY_OF_1970;
  return day * NANOSECONDS_OF_DAY + view.getBigUint64(start, true);
}
