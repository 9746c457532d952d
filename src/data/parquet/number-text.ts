/** Up to here every integer is a float32, so its digits are the shortest already. */
const EXACT_INTEGERS = 2 ** 24;
const SMALLEST_NORMAL_FLOAT32 = 2 ** -126;
/** Any six digits survive a normal float32, so a search may begin there; nine are always enough. */
const SURE_DIGITS = 6;

/** The shortest digits that read back as the same double. */
export function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** The shortest digits that read back as the same float32: 0.1, not 0.10000000149011612. */
export function floatText(value: number): string {
  const exact = Number.isInteger(value) && Math.abs(value) <= EXACT_INTEGERS;
  if (exact || !Number.isFinite(value)) return doubleText(value);
  const first = Math.abs(value) < SMALLEST_NORMAL_FLOAT32 ? 1 : SURE_DIGITS;
  for (let digits = first; digits < 9; digits += 1) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return String(short);
  }
  return String(Number(value.toPrecision(9)));
}

/** A decimal from its unscaled integer: (-5, 2) is -0.05. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString();
  const sign = unscaled < 0n ? '-' : '';
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, '0');
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** The integer of big-endian two's complement bytes. */
export function bigEndianInteger(bytes: Uint8Array): bigint {
  if (bytes.length === 0) return 0n;
  const hex = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${hex}`));
}
