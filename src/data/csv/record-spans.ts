/**
 * Whole records of a CSV file as places in a window of its bytes: a table of a million rows becomes no million objects.
 * The arrays may be longer than `count`; they and the bytes are valid until the next records are asked for.
 */
export interface RecordSpans {
  readonly count: number;
  readonly bytes: Buffer;
  /** Where `bytes[0]` stands in the file. */
  readonly offset: number;
  readonly starts: Int32Array;
  /** Where the bytes that end each record begin. */
  readonly ends: Int32Array;
  /** Where those end: they are `\n`, `\r\n`, `\r`, or nothing at the end of the file. */
  readonly nexts: Int32Array;
  /** Lines of the file, counted from 1, on which records begin, and the ones behind them. */
  readonly lines: Float64Array;
  readonly nextLines: Float64Array;
  /** Fields of record i are those from `firstFields[i]` to before `firstFields[i + 1]`. */
  readonly firstFields: Int32Array;
  /** Where the fields of all records end, at a delimiter or with their record. */
  readonly fieldEnds: Int32Array;
}

export function fieldCount({ firstFields }: RecordSpans, record: number): number {
  return (firstFields[record + 1] as number) - (firstFields[record] as number);
}

/** Where reading goes on behind a record. */
export function behind({ offset, nexts, nextLines }: RecordSpans, record: number) {
  return { offset: offset + (nexts[record] as number), line: nextLines[record] as number };
}

/** Spans that a scanner fills. Behind the `count` that may be read stand empty lines of which it is not yet known what they are. */
export class RecordList implements RecordSpans {
  bytes: Buffer = Buffer.alloc(0);
  offset = 0;
  count = 0;
  taken = 0;
  starts: Int32Array = new Int32Array(64);
  ends: Int32Array = new Int32Array(64);
  nexts: Int32Array = new Int32Array(64);
  lines: Float64Array = new Float64Array(64);
  nextLines: Float64Array = new Float64Array(64);
  firstFields: Int32Array = new Int32Array(65);
  fieldEnds: Int32Array = new Int32Array(256);

  /** `fields` is the number of all field ends so far, this record's with them. */
  take(start: number, end: number, next: number, line: number, nextLine: number, fields: number): void {
    const i = this.taken++;
    if (i === this.starts.length) this.#growRecords();
    this.starts[i] = start;
    this.ends[i] = end;
    this.nexts[i] = next;
    this.lines[i] = line;
    this.nextLines[i] = nextLine;
    this.firstFields[i + 1] = fields;
  }

  #growRecords(): void {
    const size = this.starts.length * 2;
    this.starts = grown(this.starts, new Int32Array(size));
    this.ends = grown(this.ends, new Int32Array(size));
    this.nexts = grown(this.nexts, new Int32Array(size));
    this.lines = grown(this.lines, new Float64Array(size));
    this.nextLines = grown(this.nextLines, new Float64Array(size));
    this.firstFields = grown(this.firstFields, new Int32Array(size + 1));
  }

  /** Room for so many field ends in all. */
  reserveFields(fields: number): Int32Array {
    if (fields > this.fieldEnds.length) {
      this.fieldEnds = grown(this.fieldEnds, new Int32Array(Math.max(fields, this.fieldEnds.length * 2)));
    }
    return this.fieldEnds;
  }

  /**
   * Forgets the records that were read, and moves all others so that `bytes[from]` becomes the first byte.
   * Takes the number of all field ends so far, and returns how many of them are left.
   */
  forget(from: number, fields: number): number {
    const { count, taken } = this;
    const firstField = this.firstFields[count] as number;
    move(this.fieldEnds, firstField, fields, from);
    move(this.firstFields, count, taken + 1, firstField);
    for (const places of [this.starts, this.ends, this.nexts]) move(places, count, taken, from);
    for (const lines of [this.lines, this.nextLines]) lines.copyWithin(0, count, taken);
    this.taken -= count;
    this.count = 0;
    this.offset += from;
    return fields - firstField;
  }
}

function grown<Values extends Int32Array | Float64Array>(from: Values, to: Values): Values {
  to.set(from);
  return to;
}

/** Moves places [start, end) to the front, each lessened by `less`. */
function move(places: Int32Array, start: number, end: number, less: number): void {
  for (let i = start; i < end; i++) places[i - start] = (places[i] as number) - less;
}
