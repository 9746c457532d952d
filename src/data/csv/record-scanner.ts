import { BatchError } from '../../errors.ts';
import { findStop, inEachByte, SPARE_BYTES } from './byte-finder.ts';
import { firstRefused, malformed, tooLong } from './record-rules.ts';
import { RecordList, type RecordSpans } from './record-spans.ts';

export interface ScanOptions {
  /** What the file is called in a refusal. */
  readonly name: string;
  readonly delimiter: string;
  /** Where the first byte stands in the file. */
  readonly offset?: number;
  readonly line?: number;
  /** What a line without any byte is: the last ones of a file never count. */
  readonly emptyLines?: 'nothing' | 'rows';
  /** Fields that every record must have: those of the header. */
  readonly fields?: number | undefined;
  /** Records may have fewer. */
  readonly mayBeShort?: boolean;
  /** An unclosed quote is found at this many bytes, not at the end of a 40 GB file. */
  readonly maxRecordBytes?: number;
}

const [LF, CR, QUOTE] = [0x0a, 0x0d, 0x22];
const MAX_RECORD_BYTES = 16 * 1024 * 1024;
/** Empty lines may be rows, or the end of the file: until that is known they are kept. */
const MOST_EMPTY_LINES = 10_000;
const QUOTES = inEachByte(QUOTE);

const inside = { fieldStart: 0, plain: 1, quoted: 2, quoteInQuoted: 3 } as const;
type State = (typeof inside)[keyof typeof inside];

/**
 * Records of a CSV byte stream (RFC 4180; line ends `\n`, `\r\n` and `\r` may be mixed). Empty lines are no records. Bytes are
 * looked at once, wherever the stream is cut.
 * @throws BatchError InvalidInput with the line of a quote never closed, of text behind a closing quote, of bytes that are not
 * UTF-8, or of more or fewer fields than asked for; the records before it come first.
 */
export async function* csvSpans(
  chunks: AsyncIterable<Uint8Array>,
  options: ScanOptions,
): AsyncGenerator<RecordSpans> {
  const scanner = new RecordScanner(options);
  for await (const chunk of chunks) yield* scanner.push(chunk);
  yield* scanner.finish();
}

class RecordScanner {
  readonly #name: string;
  readonly #delimiter: number;
  readonly #wantedFields: number | undefined;
  readonly #mayBeShort: boolean;
  readonly #maxBytes: number;
  readonly #emptyLines: 'nothing' | 'rows';
  readonly #records = new RecordList();
  /** Its first bytes are those of `#records`; written over as the scan goes on. */
  #window: Buffer = Buffer.alloc(0);
  #view = new DataView(this.#window.buffer);
  /** Where the scan stands in the window; everything before it has been looked at. */
  #at = 0;
  #state: State = inside.fieldStart;
  /** Ends of fields found so far, also of the record being read. */
  #fields = 0;
  /** Where the record being read begins, on which line, and the line ends inside its quotes. */
  #start = 0;
  #line: number;
  #innerLines = 0;
  #failure: BatchError | undefined;

  constructor(options: ScanOptions) {
    this.#name = options.name;
    this.#delimiter = options.delimiter.charCodeAt(0);
    this.#wantedFields = options.fields;
    this.#mayBeShort = options.mayBeShort ?? false;
    this.#maxBytes = options.maxRecordBytes ?? MAX_RECORD_BYTES;
    this.#emptyLines = options.emptyLines ?? 'nothing';
    this.#records.offset = options.offset ?? 0;
    this.#line = options.line ?? 1;
  }

  *push(chunk: Uint8Array): Generator<RecordSpans> {
    this.#append(chunk);
    this.#scan(false);
    if (this.#records.bytes.length - this.#start > this.#maxBytes) {
      const unclosed = this.#state === inside.quoted ? 'a quote opened there is never closed, or ' : '';
      this.#refuse(`${unclosed}${tooLong(this.#maxBytes)}`);
    }
    yield* this.#found();
  }

  *finish(): Generator<RecordSpans> {
    this.#append(new Uint8Array());
    this.#scan(true);
    const { length } = this.#records.bytes;
    if (this.#state === inside.quoted) this.#refuse('a quote opened there is never closed');
    else if (this.#failure === undefined && length > this.#start) {
      this.#records.reserveFields(this.#fields + 1)[this.#fields++] = length;
      this.#take(length, 0);
    }
    yield* this.#found();
  }

  /** Puts a chunk behind what is still needed of the ones before. */
  #append(chunk: Uint8Array): void {
    const records = this.#records;
    const from = records.taken > records.count ? (records.starts[records.count] as number) : this.#start;
    const kept = records.bytes.length - from;
    const length = kept + chunk.length;
    if (length + SPARE_BYTES > this.#window.length) this.#enlarge(2 * length + SPARE_BYTES);
    records.bytes.copy(this.#window, 0, from);
    this.#window.set(chunk, kept);
    // A search stops there, if nowhere before.
    this.#window[length] = LF;
    if (from > 0) this.#fields = records.forget(from, this.#fields);
    records.bytes = this.#window.subarray(0, length);
    this.#at -= from;
    this.#start -= from;
  }

  #enlarge(length: number): void {
    this.#window = Buffer.allocUnsafeSlow(length);
    this.#view = new DataView(this.#window.buffer);
  }

  /** Takes every record that is whole. This loop sees each stop of a dataset, so it works on local variables alone. */
  #scan(last: boolean): void {
    const { bytes } = this.#records;
    const { length } = bytes;
    const view = this.#view;
    const { fieldStart, plain, quoted, quoteInQuoted } = inside;
    const [lf, cr, quote] = [LF, CR, QUOTE];
    const [delimiter, delimiters] = [this.#delimiter, inEachByte(this.#delimiter)];
    let { fieldEnds } = this.#records;
    let [at, state, fields] = [this.#at, this.#state, this.#fields];
    while (at < length) {
      if (fields === fieldEnds.length) fieldEnds = this.#records.reserveFields(fields + 1);
      if (state === quoted) {
        const behind = this.#behindQuotes(at);
        if (behind >= 0) state = quoteInQuoted;
        at = behind >= 0 ? behind : length;
        continue;
      }
      if (state !== plain && bytes[at] === quote) {
        state = quoted;
        at++;
        continue;
      }
      if (state !== quoteInQuoted) {
        state = plain;
        at = findStop(view, at, delimiters);
        if (at === length) break;
      }
      const byte = bytes[at];
      if (byte === delimiter) {
        fieldEnds[fields++] = at++;
        state = fieldStart;
      } else if (byte === lf || byte === cr) {
        // `\r` at the end of what has come may be half of `\r\n`.
        if (byte === cr && at + 1 === length && !last) break;
        fieldEnds[fields] = at;
        this.#fields = fields + 1;
        at = this.#take(at, byte === cr && bytes[at + 1] === lf ? 2 : 1);
        fields = this.#fields;
        state = fieldStart;
        if (this.#failure !== undefined) break;
      } else if (state === plain) {
        at++;
      } else {
        this.#refuse('a quoted field goes on behind its closing quote');
        break;
      }
    }
    [this.#at, this.#state, this.#fields] = [at, state, fields];
  }

  /** From inside quotes to behind the one that closes them; -1 if it has not come. A `\r\n` is one line end, counted by its `\r`. */
  #behindQuotes(start: number): number {
    const { bytes } = this.#records;
    const view = this.#view;
    const [lf, cr, quote, quotes] = [LF, CR, QUOTE, QUOTES];
    const { length } = bytes;
    let [at, lines, behind] = [start, 0, -1];
    while (behind < 0) {
      at = findStop(view, at, quotes);
      if (at === length) break;
      const byte = bytes[at++];
      if (byte !== quote) {
        if (byte === cr || (byte === lf && bytes[at - 2] !== cr)) lines++;
      } else if (bytes[at] === quote) at++;
      else behind = at;
    }
    this.#innerLines += lines;
    return behind;
  }

  /** Ends the record at a place, or drops its empty line. Returns where the next one begins. */
  #take(end: number, endLength: number): number {
    const records = this.#records;
    const empty = end === this.#start;
    const [next, nextLine] = [end + endLength, this.#line + 1 + this.#innerLines];
    if (empty && this.#emptyLines === 'nothing') this.#fields--;
    else records.take(this.#start, end, next, this.#line, nextLine, this.#fields);
    [this.#start, this.#line, this.#innerLines] = [next, nextLine, 0];
    if (!empty) records.count = records.taken;
    else if (records.taken - records.count > MOST_EMPTY_LINES) {
      this.#refuse(`more than ${MOST_EMPTY_LINES} empty lines stand before it`);
    }
    return next;
  }

  /** Hands out the records up to the first that must be refused, and refuses it. */
  *#found(): Generator<RecordSpans> {
    const records = this.#records;
    const refused = firstRefused(records, {
      fields: this.#wantedFields,
      mayBeShort: this.#mayBeShort,
      maxBytes: this.#maxBytes,
    });
    if (refused !== undefined) {
      records.count = refused.record;
      // It stands before any that the scan has refused.
      this.#failure = this.#refusal(records.lines[refused.record] as number, refused.why);
    }
    if (records.count > 0) yield records;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Refuses the record being read. */
  #refuse(reason: string): void {
    this.#failure ??= this.#refusal(this.#line, malformed(reason));
  }

  #refusal(line: number, why: string): BatchError {
    return new BatchError('InvalidInput', `Cannot read ${this.#name}: line ${line} ${why}.`);
  }
}
