import type { CsvFormat } from './item-format.ts';
import { itemTooLarge, MAX_ITEM_BYTES, readerFailed } from './reader-failed.ts';

/** The quota on the header of a CSV file (page "ItemReader"). */
const MAX_HEADER_BYTES = 10 * 1024;

/** The rows as objects of strings: what a row lacks is empty, what it has beyond the header is left out. */
export async function* csvItems(
  bytes: AsyncIterable<Uint8Array>,
  { delimiter, headers: given }: CsvFormat,
): AsyncGenerator<Readonly<Record<string, string>>> {
  let headers = given && checkHeaders(given);
  for await (const row of rowsOf(bytes, delimiter)) {
    if (headers) yield Object.fromEntries(headers.map((name, index) => [name, row[index] ?? '']));
    else headers = checkHeaders(row);
  }
}

function checkHeaders(headers: readonly string[]): readonly string[] {
  if (new Set(headers).size < headers.length) throw readerFailed('CSV headers cannot contain duplicates.');
  if (Buffer.byteLength(headers.join()) > MAX_HEADER_BYTES) {
    throw readerFailed(`CSV headers must not be longer than ${MAX_HEADER_BYTES} bytes.`);
  }
  return headers;
}

async function* rowsOf(
  bytes: AsyncIterable<Uint8Array>,
  delimiter: string,
): AsyncGenerator<readonly string[]> {
  // Takes a byte order mark away, and keeps a character together that lies across two chunks.
  const decoder = new TextDecoder();
  const splitter = new RowSplitter(delimiter);
  for await (const chunk of bytes) yield* splitter.split(decoder.decode(chunk, { stream: true }));
  yield* splitter.split(decoder.decode());
  yield* splitter.end();
}

type Take = (piece: string) => void;

/** Splits as the page "How Step Functions parses input CSV files" has it; an escape may lie across two texts. */
class RowSplitter {
  readonly #delimiter: string;
  /** Characters that mean themselves wherever they stand, taken all at once. */
  readonly #ordinary: RegExp;
  #row: string[] = [];
  #field = '';
  #length = 0;
  #quotes = false;
  #next: Take = this.#plain;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
    this.#ordinary = new RegExp(`[^"\\\\\\n\\${delimiter}]+`, 'y');
  }

  *split(text: string): Generator<readonly string[]> {
    for (let at = 0; at < text.length; ) {
      const piece = this.#pieceAt(text, at);
      at += piece.length;
      if (piece === '\n' && this.#endsRow()) yield* this.end();
      else this.#take(piece);
    }
  }

  #pieceAt(text: string, at: number): string {
    this.#ordinary.lastIndex = at;
    const inside = this.#next === this.#plain || this.#next === this.#quoted;
    return (inside && this.#ordinary.exec(text)?.[0]) || text.charAt(at);
  }

  /** The row so far; a line without anything on it is none. */
  *end(): Generator<readonly string[]> {
    if (this.#next === this.#quoteInField) this.#field += '"';
    const row = [...this.#row, this.#field.endsWith('\r') ? this.#field.slice(0, -1) : this.#field];
    const empty = !this.#quotes && row.length === 1 && row[0] === '';
    this.#row = [];
    this.#field = '';
    this.#length = 0;
    this.#quotes = false;
    this.#next = this.#plain;
    if (!empty) yield row;
  }

  #endsRow(): boolean {
    return this.#next !== this.#quoted && this.#next !== this.#escapedInQuotes;
  }

  #take(piece: string): void {
    this.#length += piece.length;
    if (this.#length > MAX_ITEM_BYTES) throw itemTooLarge();
    this.#next(piece);
  }

  #plain(character: string): void {
    if (character === this.#delimiter) {
      this.#row.push(this.#field);
      this.#field = '';
    } else if (character === '"') {
      this.#quotes = true;
      this.#next = this.#field === '' ? this.#quoted : this.#quoteInField;
    } else if (character === '\\') this.#next = this.#escaped;
    else this.#field += character;
  }

  #quoted(character: string): void {
    if (character === '"') this.#next = this.#quoteInQuotes;
    else if (character === '\\') this.#next = this.#escapedInQuotes;
    else this.#field += character;
  }

  /** A quotation mark again is one that belongs to the field; anything else comes after the closing one. */
  #quoteInQuotes(character: string): void {
    this.#next = character === '"' ? this.#quoted : this.#plain;
    if (character === '"') this.#field += character;
    else this.#plain(character);
  }

  /** In a field that did not begin with one, a quotation mark encloses nothing; two are one there too. */
  #quoteInField(character: string): void {
    this.#field += '"';
    this.#next = this.#plain;
    if (character !== '"') this.#plain(character);
  }

  /** A backslash goes away, and what it stands before has no meaning of its own. */
  #escaped(character: string): void {
    this.#field += character;
    this.#next = this.#plain;
  }

  #escapedInQuotes(character: string): void {
    this.#field += character;
    this.#next = this.#quoted;
  }
}
