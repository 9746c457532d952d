import type { AnswerScratch } from './answer-scratch.ts';
import { BACKSLASH, escaped, hexAt, type Json, LOWER_U } from './json-bytes.ts';

/**
 * Writes what stands between a string's quotes, [start, end) of JSON that was skipped before, as UTF-8 text, which is never
 * longer. Returns where the text ends; -1 for half of a surrogate pair, which UTF-8 cannot hold.
 */
export function unescapeText(
  json: Json,
  start: number,
  end: number,
  into: AnswerScratch,
  at: number,
): number {
  let [i, o] = [start, at];
  for (;;) {
    const plain = copyPlain(json, i, end, into, o);
    o += plain - i;
    i = plain;
    if (i === end) return o;
    const letter = json.bytes[i + 1] as number;
    i += 2;
    if (letter !== LOWER_U) {
      into.bytes[o++] = escaped[letter] as number;
      continue;
    }
    const point = codePointAt(json.bytes, i);
    if (point < 0) return -1;
    i += point > 0xffff ? 10 : 4;
    o = writeUtf8(point, into.bytes, o);
  }
}

/** Copies up to the next backslash, and returns its place. */
function copyPlain(
  { bytes, view }: Json,
  start: number,
  end: number,
  into: AnswerScratch,
  at: number,
): number {
  let [i, o] = [start, at];
  for (const last = end - 4; i <= last; i += 4, o += 4) {
    const word = view.getInt32(i, true);
    const backslashes = word ^ 0x5c5c5c5c;
    if (((backslashes - 0x01010101) & ~backslashes & 0x80808080) !== 0) break;
    into.view.setInt32(o, word, true);
  }
  for (; i < end && bytes[i] !== BACKSLASH; i++) into.bytes[o++] = bytes[i] as number;
  return i;
}

/** The character of `\uXXXX` or of a pair of them, by the place of the first digits. */
function codePointAt(json: Uint8Array, at: number): number {
  const unit = hexAt(json, at);
  if (unit < 0xd800 || unit > 0xdfff) return unit;
  if (unit > 0xdbff || json[at + 4] !== BACKSLASH || json[at + 5] !== LOWER_U) return -1;
  const low = hexAt(json, at + 6);
  return low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + ((unit - 0xd800) << 10) + low - 0xdc00;
}

function writeUtf8(point: number, into: Uint8Array, at: number): number {
  if (point < 0x80) {
    into[at] = point;
    return at + 1;
  }
  const bytes = point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  for (let i = bytes - 1, rest = point; i > 0; i--, rest >>= 6) into[at + i] = 0x80 | (rest & 0x3f);
  into[at] = ((0xf00 >> bytes) & 0xff) | (point >> (6 * (bytes - 1)));
  return at + bytes;
}
