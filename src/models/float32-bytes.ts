import { type Json, skipNumber } from './json-bytes.ts';

const [MINUS, POINT, ZERO, NINE, LOWER_E] = [0x2d, 0x2e, 0x30, 0x39, 0x65];

const GROUP = 4;
const MOST_DIGITS = 24;
const powers = Float64Array.from({ length: MOST_DIGITS + GROUP }, (_, i) => Number(`1e${i}`));
/** More than the relative error of the sum and its scaling: a dozen roundings of 2^-53 each. */
const SLACK = 2 ** -47;

/**
 * Writes the JSON number at a place as the n-th float, equal to the bit to `Math.fround(JSON.parse(…))`. Returns the place behind
 * it, or -1 for what is no number or not a finite one.
 *
 * Rounding to 32 bits swallows the small error of plain arithmetic, unless the number lies next to the middle between two
 * floats: then, and for numbers of odd forms, the exact parser is asked.
 */
export function readFloat32(json: Json, at: number, floats: Float32Array, n: number): number {
  const { bytes, view } = json;
  const negative = bytes[at] === MINUS;
  const first = negative ? at + 1 : at;
  let [sum, i] = [0, first];
  for (; isDigit(bytes[i]) && i < first + MOST_DIGITS; i++) sum = sum * 10 + (bytes[i] as number) - ZERO;
  const isPlain = bytes[i] === POINT && i > first && (bytes[first] !== ZERO || i === first + 1);
  if (!isPlain) return readExactly(json, at, floats, n);
  const fraction = ++i;
  const last = Math.min(fraction + MOST_DIGITS, view.byteLength) - GROUP;
  for (; i <= last; i += GROUP) {
    const word = view.getInt32(i, true);
    if (!areDigits(word)) break;
    sum = sum * 1e4 + numberOf(word);
  }
  for (const stop = i + GROUP - 1; isDigit(bytes[i]) && i < stop; i++) {
    sum = sum * 10 + (bytes[i] as number) - ZERO;
  }
  // More digits, an exponent, or none behind the point: not the usual form, and perhaps none at all.
  if (i === fraction || isDigit(bytes[i]) || ((bytes[i] as number) | 0x20) === LOWER_E) {
    return readExactly(json, at, floats, n);
  }
  const size = sum / (powers[i - fraction] as number);
  const float = Math.fround(size * (1 - SLACK));
  if (float !== Math.fround(size * (1 + SLACK))) return readExactly(json, at, floats, n);
  floats[n] = negative ? -float : float;
  return i;
}

function isDigit(byte: number | undefined): boolean {
  return (byte as number) >= ZERO && (byte as number) <= NINE;
}

/** Whether each of four bytes is a digit: 0x30 to 0x39, and the six behind them are none. */
function areDigits(word: number): boolean {
  return (((word ^ 0x30303030) | ((word + 0x06060606) ^ 0x30303030)) & 0xf0f0f0f0) === 0;
}

/** The number of four digits, of which the first is the lowest byte. */
function numberOf(word: number): number {
  const digits = word & 0x0f0f0f0f;
  const pairs = Math.imul(digits, 10) + (digits >>> 8);
  return (pairs & 0xff) * 100 + ((pairs >>> 16) & 0xff);
}

function readExactly(json: Json, at: number, floats: Float32Array, n: number): number {
  const end = skipNumber(json.bytes, at);
  if (end < 0) return -1;
  const value = Number(json.bytes.toString('latin1', at, end));
  floats[n] = value;
  return Number.isFinite(value) ? end : -1;
}
