import type { Places } from './cell-buffers.ts';

/** Values of one leaf as the bytes that PLAIN has for each, without lengths: value i is `bytes[starts[i], ends[i])`. */
export interface PhysicalValues extends Places {
  readonly bytes: Uint8Array;
  readonly count: number;
  /** The bytes are those of the dictionary, which stays for the whole chunk. */
  readonly lasts?: boolean;
}

/** Reads the values of one page, some at a time. */
export interface ValueReader {
  /**
   * The places of the next `count` values, one or more; of fewer, but at least one, where those are long. They are valid
   * until the next call. It throws a RangeError where the page does not hold as many.
   */
  read(count: number, places: Places): PhysicalValues;
}

/** Values are read until they have as many bytes as this: a step is bounded by them where it is not by its rows. */
export const STEP_BYTES = 1024 * 1024;
