import { StatesError } from '../errors.ts';

/** One item larger than this is not a dataset but a mistake; without a limit it would have to be held whole. */
const MAX_ITEM_BYTES = 8 * 1024 * 1024;

/** The items of a dataset from its bytes: the elements of a JSON array, or the lines of JSONL. */
export function parseItems(
  bytes: AsyncIterable<Uint8Array>,
  type: 'JSON' | 'JSONL',
): AsyncGenerator<unknown> {
  return type === 'JSON' ? parsed(elementsOf(bytes)) : parsed(linesOf(bytes));
}

async function* parsed(texts: AsyncIterable<string>): AsyncGenerator<unknown> {
  for await (const text of texts) {
    try {
      yield JSON.parse(text);
    } catch (error) {
      throw readerFailed(`Unable to parse an item of the dataset: ${(error as Error).message}`);
    }
  }
}

/** The bytes of an item that may lie across several chunks. */
class Piece {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  add(part: Uint8Array): void {
    this.#bytes += part.byteLength;
    if (this.#bytes > MAX_ITEM_BYTES)
      throw readerFailed(`An item of the dataset exceeds ${MAX_ITEM_BYTES} bytes.`);
    this.#parts.push(part);
  }

  take(): string {
    const text = Buffer.concat(this.#parts).toString('utf8').trim();
    this.#parts = [];
    this.#bytes = 0;
    return text;
  }
}

async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const piece = new Piece();
  for await (const chunk of bytes) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      piece.add(chunk.subarray(start, end));
      start = end + 1;
      const line = piece.take();
      if (line !== '') yield line;
    }
    piece.add(chunk.subarray(start));
  }
  const last = piece.take();
  if (last !== '') yield last;
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

  /** True at the comma or bracket that ends an element of the outermost array. */
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

async function* elementsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const scanner = new ElementScanner();
  const piece = new Piece();
  let opened = false;
  let elements = 0;
  for await (const chunk of bytes) {
    let start = 0;
    for (let at = 0; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (!opened || scanner.depth === 0) {
        if (SPACES.includes(byte)) continue;
        if (opened || byte !== OPEN[0]) throw readerFailed('Attempting to map over non-iterable node.');
        opened = true;
        scanner.depth = 1;
        start = at + 1;
      } else if (scanner.endsElement(byte)) {
        piece.add(chunk.subarray(start, at));
        start = at + 1;
        const text = piece.take();
        // Only an empty array has nothing before its closing bracket.
        if (text !== '' || elements > 0 || byte === COMMA) yield text;
        elements += 1;
      }
    }
    if (scanner.depth > 0) piece.add(chunk.subarray(start));
  }
  if (!opened || scanner.depth > 0) throw readerFailed('The dataset ends before its JSON array does.');
}

function readerFailed(cause: string): StatesError {
  return new StatesError('States.ItemReaderFailed', cause);
}
