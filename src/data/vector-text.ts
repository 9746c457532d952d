import type { Embedding } from '../models/types.ts';
import { float32Text, writeFloat32 } from './float32-text.ts';

const [COMMA, OPEN, CLOSE] = [0x2c, 0x5b, 0x5d];
/** Of a 32-bit float such as `-1.17549435e-38`; of a double such as `-0.0000012345678901234567`, with room to spare. */
const MOST_NUMBER_BYTES = 28;

/** Bytes that a vector's text takes at most. */
export function mostVectorBytes(vector: Embedding): number {
  return vector.length * (MOST_NUMBER_BYTES + 1) + 2;
}

/** Writes a vector as a JSON array of the shortest numbers that read back the same at its own width. Returns its end. */
export function writeVector(vector: Embedding, into: Buffer, at: number): number {
  let end = at;
  into[end++] = OPEN;
  for (let i = 0; i < vector.length; i++) {
    if (i > 0) into[end++] = COMMA;
    const number = vector[i] as number;
    if (vector instanceof Float32Array) end = writeFloat32(number, into, end);
    else end += into.write(float64Text(number), end, 'latin1');
  }
  into[end++] = CLOSE;
  return end;
}

/** The plain path. */
export function vectorText(vector: Embedding): string {
  return `[${Array.from<number, string>(vector, vector instanceof Float32Array ? float32Text : float64Text).join(',')}]`;
}

/** `null` where JSON has no number. JavaScript's own text is the shortest, but for the sign of a zero. */
function float64Text(double: number): string {
  if (!Number.isFinite(double)) return 'null';
  return Object.is(double, -0) ? '-0' : String(double);
}
