import { MAX_ITEM_BYTES, readerFailed } from './reader-failed.ts';

/** The tokens of a JSON pointer (RFC 6901); undefined for what is none. */
export function pointerTokens(pointer: unknown): readonly string[] | undefined {
  if (typeof pointer !== 'string' || !/^(\/([^~/]|~[01])*)*$/u.test(pointer)) return undefined;
  const [, ...tokens] = pointer.split('/');
  return tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

/** The bytes of a JSON text from where the value begins that the pointer names; what comes before is not kept. */
export async function* valueAt(
  bytes: AsyncIterable<Uint8Array>,
  pointer: string,
): AsyncGenerator<Uint8Array> {
  const finder = new ValueFinder(pointerTokens(pointer) ?? []);
  const end = new ValueEnd();
  for await (const chunk of bytes) {
    let start = 0;
    while (!finder.found && start < chunk.length) {
      finder.read(chunk[start] ?? 0);
      if (!finder.found) start += 1;
    }
    if (!finder.found) continue;
    const length = end.lengthIn(chunk, start);
    yield chunk.subarray(start, start + length);
    if (end.reached) return;
  }
  if (!finder.found) throw readerFailed(`The dataset has no value at the ItemsPointer ${pointer}.`);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const OPEN = [OPEN_LIST, 0x7b];
const CLOSE = [0x5d, 0x7d];
const SPACES = [0x20, 0x09, 0x0a, 0x0d];

/** Whether a byte of a JSON text is in a string, its quotes included. */
class Strings {
  #inside = false;
  #escaped = false;

  has(byte: number): boolean {
    if (!this.#inside) {
      this.#inside = byte === QUOTE;
      return this.#inside;
    }
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inside = false;
    return true;
  }
}

/** The end of the array or object that the first byte opens; of anything else, that byte. */
class ValueEnd {
  reached = false;
  readonly #strings = new Strings();
  #depth = 0;

  lengthIn(chunk: Uint8Array, start: number): number {
    for (let at = start; at < chunk.length; at += 1) {
      const byte = chunk[at] ?? 0;
      if (!this.#strings.has(byte)) {
        if (OPEN.includes(byte)) this.#depth += 1;
        else if (CLOSE.includes(byte)) this.#depth -= 1;
      }
      this.reached = this.#depth === 0;
      if (this.reached) return at + 1 - start;
    }
    return chunk.length - start;
  }
}

/** Goes down a JSON text byte by byte, into the members and elements that the tokens name and past all others. */
class ValueFinder {
  /** The next byte begins the value. */
  found = false;
  readonly #tokens: readonly string[];
  readonly #strings = new Strings();
  #depth = 0;
  /** How many tokens have been gone down: the depth at which names and elements are looked at. */
  #level = 0;
  #inList = false;
  #index = 0;
  #key: number[] = [];
  /** What was gone into has ended, and the value was not in it. */
  #passed = false;
  /** What begins next is what the last token names. */
  #meant = true;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  read(byte: number): void {
    if (this.#passed) return;
    if (this.#meant && this.#begins(byte)) return;
    const inString = this.#strings.has(byte);
    if (inString) this.#keep(byte);
    else if (OPEN.includes(byte)) this.#depth += 1;
    else if (CLOSE.includes(byte)) this.#close();
    else if (this.#depth === this.#level) this.#separate(byte);
  }

  /** True where the byte was dealt with. */
  #begins(byte: number): boolean {
    if (SPACES.includes(byte)) return true;
    this.#meant = false;
    if (this.#level === this.#tokens.length) {
      this.found = true;
      return true;
    }
    if (!OPEN.includes(byte)) return false;
    this.#depth += 1;
    this.#level += 1;
    this.#inList = byte === OPEN_LIST;
    this.#index = 0;
    this.#key = [];
    this.#meant = this.#inList && this.#isToken('0');
    return true;
  }

  #keep(byte: number): void {
    if (this.#inList || this.#depth !== this.#level) return;
    this.#key.push(byte);
    if (this.#key.length > MAX_ITEM_BYTES) throw readerFailed('A name in the dataset is too long.');
  }

  #close(): void {
    this.#depth -= 1;
    this.#passed = this.#depth < this.#level;
  }

  #separate(byte: number): void {
    if (byte === COMMA && this.#inList) {
      this.#index += 1;
      this.#meant = this.#isToken(String(this.#index));
    } else if (byte === COMMA) this.#key = [];
    else if (byte === COLON) this.#meant = this.#isToken(this.#name());
  }

  #name(): string {
    const text = Buffer.from(this.#key).toString('utf8');
    this.#key = [];
    try {
      return JSON.parse(text) as string;
    } catch (error) {
      throw readerFailed(`Unable to parse a name of the dataset: ${(error as Error).message}`);
    }
  }

  #isToken(name: string): boolean {
    return this.#tokens[this.#level - 1] === name;
  }
}
