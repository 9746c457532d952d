import { isUtf8 } from 'node:buffer';
import { BatchError } from '../../errors.ts';

/** One record of a CSV file: its own bytes and those that end it, so that both can be written back as they were. */
export interface CsvRecord {
  readonly bytes: Buffer;
  /** `\n`, `\r\n`, `\r`, or nothing at the end of the file. */
  readonly end: Buffer;
  /** Where the record begins: bytes from the start of the file, and the line, counted from 1. */
  readonly offset: number;
  readonly line: number;
  /** The line behind the record, which may span several. */
  readonly nextLine: number;
  readonly fields: number;
}

export interface ScanOptions {
  /** What the file is called in a refusal. */
  readonly name: string;
  readonly delimiter: string;
  /** Where the first byte stands in the file. */
  readonly offset?: number;
  readonly line?: number;
  /** What a line without any byte is: the last ones of a file never count. */
  readonly emptyLines?: 'nothing' | 'rows';
  /** An unclosed quote is found at this many bytes, not at the end of a 40 GB file. */
  readonly maxRecordBytes?: number;
}

const [LF, CR, QUOTE] = [0x0a, 0x0d, 0x22];
const MAX_RECORD_BYTES = 16 * 1024 * 1024;
/** Empty lines may be rows, or the end of the file: until that is known they are kept. */
const MOST_EMPTY_LINES = 10_000;

const inside = { fieldStart: 0, plain: 1, quoted: 2, quoteInQuoted: 3 } as const;
type State = (typeof inside)[keyof typeof inside];

/**
 * Records of a CSV byte stream (RFC 4180; line ends `\n`, `\r\n` and `\r` may be mixed). Empty lines are no records. Bytes are
 * looked at once, wherever the stream is cut.
 * @throws BatchError InvalidInput with the line of a quote never closed, of text behind a closing quote, or of bytes that are not UTF-8.
 */
export async function* csvRecords(
  chunks: AsyncIterable<Uint8Array>,
  options: ScanOptions,
): AsyncGenerator<CsvRecord> {
  const scanner = new RecordScanner(options);
  for await (const chunk of chunks) {
    yield* scanner.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
  }
  yield* scanner.finish();
}

class RecordScanner {
  readonly #name: string;
  readonly #delimiter: number;
  readonly #maxBytes: number;
  readonly #emptyLines: 'nothing' | 'rows';
  /** Empty lines that count once a record follows them. */
  #pending: CsvRecord[] = [];
  #buffer: Buffer = Buffer.alloc(0);
  /** Where the scan stands in the buffer; everything before it has been looked at. */
  #at = 0;
  #state: State = inside.fieldStart;
  #fields = 1;
  #offset: number;
  #line: number;
  /** Line ends inside the quotes of the record being read. */
  #innerLines = 0;

  constructor({
    name,
    delimiter,
    offset = 0,
    line = 1,
    maxRecordBytes = MAX_RECORD_BYTES,
    emptyLines = 'nothing',
  }: ScanOptions) {
    this.#name = name;
    this.#delimiter = delimiter.charCodeAt(0);
    this.#maxBytes = maxRecordBytes;
    this.#emptyLines = emptyLines;
    this.#offset = offset;
    this.#line = line;
  }

  *push(chunk: Buffer): Generator<CsvRecord> {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    yield* this.#scan(false);
    if (this.#buffer.length > this.#maxBytes) {
      const reason =
        this.#state === inside.quoted ? 'a quote opened there is never closed, or the record' : 'the record';
      throw this.#malformed(`${reason} is longer than ${this.#maxBytes} bytes`);
    }
  }

  *finish(): Generator<CsvRecord> {
    yield* this.#scan(true);
    if (this.#state === inside.quoted) throw this.#malformed('a quote opened there is never closed');
    if (this.#buffer.length > 0) yield* this.#take(this.#buffer.length, 0);
  }

  *#scan(last: boolean): Generator<CsvRecord> {
    while (this.#at < this.#buffer.length) {
      const byte = this.#buffer[this.#at];
      if (this.#state === inside.quoted || (byte !== LF && byte !== CR)) {
        this.#step(byte as number);
        this.#at++;
        continue;
      }
      // `\r` at the end of what has come may be half of `\r\n`.
      if (byte === CR && this.#at + 1 === this.#buffer.length && !last) return;
      const endLength = byte === CR && this.#buffer[this.#at + 1] === LF ? 2 : 1;
      yield* this.#take(this.#at, endLength);
    }
  }

  #step(byte: number): void {
    if (this.#state === inside.quoted) {
      if (byte === QUOTE) this.#state = inside.quoteInQuoted;
      // A `\r\n` inside quotes is one line end, counted by its `\r`.
      else if (byte === CR || (byte === LF && this.#buffer[this.#at - 1] !== CR)) this.#innerLines++;
    } else if (byte === this.#delimiter) {
      this.#fields++;
      this.#state = inside.fieldStart;
    } else if (byte === QUOTE && this.#state !== inside.plain) {
      this.#state = inside.quoted;
    } else if (this.#state === inside.quoteInQuoted) {
      throw this.#malformed('a quoted field goes on behind its closing quote');
    } else {
      this.#state = inside.plain;
    }
  }

  *#take(length: number, endLength: number): Generator<CsvRecord> {
    const record = this.#record(length, endLength);
    this.#skip(length + endLength);
    if (length > 0) {
      yield* this.#pending.splice(0);
      yield record;
    } else if (this.#emptyLines === 'rows' && this.#pending.push(record) > MOST_EMPTY_LINES) {
      throw this.#malformed(`more than ${MOST_EMPTY_LINES} empty lines stand before it`);
    }
  }

  #record(length: number, endLength: number): CsvRecord {
    const bytes = this.#buffer.subarray(0, length);
    if (!isUtf8(bytes)) throw this.#malformed('it is not UTF-8 text');
    return {
      bytes,
      end: this.#buffer.subarray(length, length + endLength),
      offset: this.#offset,
      line: this.#line,
      nextLine: this.#line + 1 + this.#innerLines,
      fields: this.#fields,
    };
  }

  #skip(length: number): void {
    this.#buffer = this.#buffer.subarray(length);
    this.#offset += length;
    this.#line += 1 + this.#innerLines;
    this.#at = 0;
    this.#state = inside.fieldStart;
    this.#fields = 1;
    this.#innerLines = 0;
  }

  #malformed(reason: string): BatchError {
    return new BatchError(
      'InvalidInput',
      `Cannot read ${this.#name}: line ${this.#line} is malformed: ${reason}.`,
    );
  }
}
