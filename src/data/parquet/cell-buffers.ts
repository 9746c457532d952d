/** Places of values or cells that grow with the largest step, and are used again for the next one. */
export interface Places {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
}

export function placesFor(count: number, old?: Places): Places {
  if (old && old.starts.length >= count) return old;
  return { starts: new Int32Array(count), ends: new Int32Array(count) };
}

/** Moves the places of present values, which are dense, to their rows. A level of 0 is a null. */
export function spreadOverNulls(
  { starts, ends }: Places,
  levels: Int32Array,
  rows: number,
  present: number,
): void {
  let value = present;
  for (let row = rows - 1; row >= 0 && value <= row; row -= 1) {
    if (levels[row] === 0) {
      ends[row] = -1;
    } else {
      value -= 1;
      starts[row] = starts[value] ?? 0;
      ends[row] = ends[value] ?? 0;
    }
  }
}
