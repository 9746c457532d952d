const [MINUS, POINT, ZERO] = [0x2d, 0x2e, 0x30];
/** Six digits tell apart all decimals that a 32-bit float can hold apart, nine tell apart all floats. */
const [FEWEST_DIGITS, MOST_DIGITS] = [6, 9];
/** Powers of ten that a double holds exactly. */
const powers = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);
/** Floats that are written without an exponent and whose digits can be found exactly with those powers. */
const [LEAST, MOST] = [1e-6, 1e6];

/** Writes the shortest JSON number that reads back as the same 32-bit float; `null` where JSON has no number. Returns its end. */
export function writeFloat32(float: number, into: Buffer, at: number): number {
  const size = Math.abs(float);
  if (!(size >= LEAST && size < MOST)) return at + into.write(float32Text(float), at, 'latin1');
  let start = at;
  if (float < 0) into[start++] = MINUS;
  const exponent = exponentOf(size);
  // Most floats of a vector have eight digits, so the search begins there.
  let digits = 8;
  if (!isFound(size, digits - 1 - exponent)) digits = MOST_DIGITS;
  else while (digits > FEWEST_DIGITS && isFound(size, digits - 2 - exponent)) digits--;
  const places = digits - 1 - exponent;
  if (!isFound(size, places)) return at + into.write(float32Text(float), at, 'latin1');
  return writeDecimal(Math.round(size * (powers[places] as number)), places, into, start);
}

/** Whether a float is told by so many decimal places. */
function isFound(size: number, places: number): boolean {
  const scale = powers[places] as number;
  // An integer below 2^53 by an exact power of ten: the quotient is what a parser makes of these digits.
  return Math.fround(Math.round(size * scale) / scale) === size;
}

/** The power of ten of a float's first digit. */
function exponentOf(size: number): number {
  let exponent = size < 1 ? -1 : 0;
  if (size < 1) while (size * (powers[-exponent] as number) < 1) exponent--;
  else while (size >= (powers[exponent + 1] as number)) exponent++;
  return exponent;
}

/** Writes number / 10^places, without the zeros that end its fraction. The number has ten digits at most. */
function writeDecimal(number: number, places: number, into: Buffer, at: number): number {
  let rest = number | 0;
  let fraction = places;
  while (fraction > 0 && rest % 10 === 0) {
    rest = (rest / 10) | 0;
    fraction--;
  }
  let whole = 1;
  while (rest >= (powers[fraction + whole] as number)) whole++;
  const point = fraction > 0 ? at + whole : -1;
  const end = at + whole + (fraction > 0 ? fraction + 1 : 0);
  for (let i = end - 1; i >= at; i--) {
    if (i === point) {
      into[i] = POINT;
      continue;
    }
    const next = (rest / 10) | 0;
    into[i] = ZERO + rest - next * 10;
    rest = next;
  }
  return end;
}

/** The plain path. */
export function float32Text(float: number): string {
  if (!Number.isFinite(float)) return 'null';
  if (float === 0) return Object.is(float, -0) ? '-0' : '0';
  // The smallest floats have fewer digits than others.
  for (let digits = 1; digits < MOST_DIGITS; digits++) {
    const value = Number(float.toPrecision(digits));
    if (Math.fround(value) === float) return String(value);
  }
  return String(Number(float.toPrecision(MOST_DIGITS)));
}
