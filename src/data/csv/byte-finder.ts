/** A byte in each place of a word, to be sought in four bytes at once. */
export function inEachByte(byte: number): number {
  return byte * 0x01010101;
}

/** What a search may look at behind the last place where it stops. */
export const SPARE_BYTES = 8;

/**
 * The first place at or behind `at` of an ASCII byte, given as `inEachByte`, or of a control character below 0x0e. One must be there,
 * with `SPARE_BYTES` behind it: nothing here looks at a length.
 */
export function findStop(view: DataView, at: number, wanted: number): number {
  for (let i = at; ; i += 8) {
    const first = stopsOf(view.getInt32(i, true), wanted);
    const second = stopsOf(view.getInt32(i + 4, true), wanted);
    if ((first | second) === 0) continue;
    return first !== 0 ? i + placeOf(first) : i + 4 + placeOf(second);
  }
}

/**
 * The highest bit of each byte that stops. A subtraction borrows from a byte's highest bit where it stops, and nowhere before the
 * first: those behind it may be wrong.
 */
function stopsOf(word: number, wanted: number): number {
  // Numbers here, not names: a bundle keeps a module's constants in memory, and this runs for every fourth byte.
  return (((word ^ wanted) - 0x01010101) | (word - 0x0e0e0e0e)) & ~word & 0x80808080;
}

/** The place, from 0 to 3, of the first of some marked bytes. */
function placeOf(marks: number): number {
  return (31 - Math.clz32(marks & -marks)) >> 3;
}

/** Like `findStop`, and moves the bytes before it to `to`, which stands before `at`. */
export function moveToStop(view: DataView, at: number, wanted: number, to: number): number {
  for (let [i, o] = [at, to]; ; i += 4, o += 4) {
    const word = view.getInt32(i, true);
    const stops = stopsOf(word, wanted);
    if (stops === 0) {
      view.setInt32(o, word, true);
      continue;
    }
    const count = placeOf(stops);
    for (let k = 0; k < count; k++) view.setUint8(o + k, view.getUint8(i + k));
    return i + count;
  }
}
