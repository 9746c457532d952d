import { csvItems } from './csv-items.ts';
import type { ItemFormat } from './item-format.ts';
import { valueAt } from './json-pointer.ts';
import { Member } from './members.ts';
import { itemTooLarge, MAX_ITEM_BYTES, readerFailed } from './reader-failed.ts';

/**
 * The items of a dataset from its bytes: the elements of a JSON array or the members of an object, the lines of JSONL,
 * or the rows of CSV.
 */
export function parseItems(bytes: AsyncIterable<Uint8Array>, format: ItemFormat): AsyncGenerator<unknown> {
  if (format.type === 'CSV') return csvItems(bytes, format);
  if (format.type === 'JSONL') return parsed(linesOf(bytes));
  return parsed(elementsOf(format.pointer === undefined ? bytes : valueAt(bytes, format.pointer)));
}

/** The text of an item; a member of an object is its name and its value. */
interface ItemText {
  readonly text: string;
  readonly member: boolean;
}

async function* parsed(items: AsyncIterable<ItemText>): AsyncGenerator<unknown> {
  for await (const item of items) {
    try {
      yield parse(item);
    } catch (error) {
      throw readerFailed(`Unable to parse an item of the dataset: ${(error as Error).message}`);
    }
  }
}

function parse({ text, member }: ItemText): unknown {
  if (!member) return JSON.parse(text);
  const [[key, value] = []] = Object.entries(JSON.parse(`{${text}}`) as object);
  if (key === undefined) throw new Error('A member of the object is missing.');
  return new Member(key, value);
}

/** The bytes of an item that may lie across several chunks. */
class Piece {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  add(part: Uint8Array): void {
    this.#bytes += part.byteLength;
    if (this.#bytes > MAX_ITEM_BYTES) throw itemTooLarge();
    this.#parts.push(part);
  }

  take(): string {
    const text = Buffer.concat(this.#parts).toString('utf8').trim();
    this.#parts = [];
    this.#bytes = 0;
    return text;
  }
}

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ItemText> {
  const piece = new Piece();
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      piece.add(chunk.subarray(start, end));
      start = end + 1;
      const line = piece.take();
      if (line !== '') yield { text: line, member: false };
    }
    piece.add(chunk.subarray(start));
  }
  const last = piece.take();
  if (last !== '') yield { text: last, member: false };
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const OPEN = [0x5b, 0x7b];
const CLOSE = [0x5d, 0x7d];
const SPACES = [0x20, 0x09, 0x0a, 0x0d];

/** Finds where elements end by depth and quotes only; JSON.parse judges what is between. */
class ElementScanner {
  depth = 0;
  #inString = false;
  #escaped = false;

  /** True at the comma or bracket that ends an element of the outermost array or a member of the object. */
  endsElement(byte: number): boolean {
    if (this.#inString) {
      this.#inText(byte);
      return false;
    }
    if (byte === QUOTE) this.#inString = true;
    else if (OPEN.includes(byte)) this.depth += 1;
    else if (CLOSE.includes(byte)) {
      this.depth -= 1;
      return this.depth === 0;
    }
    return byte === COMMA && this.depth === 1;
  }

  #inText(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }
}

async function* elementsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ItemText> {
  const scanner = new ElementScanner();
  const piece = new Piece();
  let opened: number | undefined;
  let elements = 0;
  for await (const chunk of bytes) {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (opened === undefined || scanner.depth === 0) {
        if (SPACES.includes(byte)) continue;
        if (opened !== undefined || !OPEN.includes(byte)) throw notIterable();
        opened = byte;
        scanner.depth = 1;
        start = at + 1;
      } else if (scanner.endsElement(byte)) {
        if (byte !== COMMA && CLOSE.indexOf(byte) !== OPEN.indexOf(opened)) throw notIterable();
        piece.add(chunk.subarray(start, at));
        start = at + 1;
        const text = piece.take();
        // Only what is empty has nothing before its closing bracket.
        if (text !== '' || elements > 0 || byte === COMMA) yield { text, member: opened === OPEN[1] };
        elements += 1;
      }
    }
    if (scanner.depth > 0) piece.add(chunk.subarray(start));
  }
  if (opened === undefined || scanner.depth > 0) throw readerFailed('The dataset ends before its JSON does.');
}

function notIterable(): Error {
  return readerFailed('Attempting to map over non-iterable node.');
}
